"""The composition root: puts the slices together into one Flask application."""

import gc
import os
from collections.abc import Mapping
from typing import Any

from flask import Flask, request
from werkzeug.middleware.proxy_fix import ProxyFix

from portfolio import settings as environment
from portfolio.agenda import views as agenda_views
from portfolio.audit import commands as audit_commands
from portfolio.audit import jobs as audit_jobs
from portfolio.audit import operations as audit
from portfolio.audit import views as audit_views
from portfolio.chokepoint import claim_list_views as chokepoint_claim_list_views
from portfolio.chokepoint import claim_views as chokepoint_claim_views
from portfolio.chokepoint import commands as chokepoint_commands
from portfolio.chokepoint import evidence_views as chokepoint_evidence_views
from portfolio.chokepoint import jobs as chokepoint_jobs
from portfolio.chokepoint import merge_operations as chokepoint_merging
from portfolio.chokepoint import owed_operations as chokepoint_owed
from portfolio.chokepoint import review_views as chokepoint_review_views
from portfolio.chokepoint import taxonomy_queries as chokepoint_taxonomy
from portfolio.chokepoint import taxonomy_views as chokepoint_taxonomy_views
from portfolio.chokepoint import undo_operations as chokepoint_undo
from portfolio.chokepoint import views as chokepoint_views
from portfolio.chokepoint.models import PARTS as CHOKEPOINT_PARTS
from portfolio.committee import commands as committee_commands  # noqa: F401 - `deals export`
from portfolio.committee import export_views as committee_export_views
from portfolio.committee import views as committee_views
from portfolio.companies import commands as companies_commands
from portfolio.companies import duplicate_views as companies_duplicate_views
from portfolio.companies import export_views as companies_export_views
from portfolio.companies import fact_views as companies_fact_views
from portfolio.companies import gap_views as companies_gap_views
from portfolio.companies import merge_history_views as companies_merge_history_views
from portfolio.companies import merge_undo_operations as companies_merge_undo
from portfolio.companies import merge_views as companies_merge_views
from portfolio.companies import paper_queries as papers
from portfolio.companies import portrait_views as companies_portrait_views
from portfolio.companies import queries as companies
from portfolio.companies import record_views as companies_record_views
from portfolio.companies import undo_operations as companies_undo
from portfolio.companies import views as companies_views
from portfolio.companies.signals import companies_parted, figures_stated
from portfolio.coverage import figure_views as coverage_figure_views
from portfolio.coverage import filter_views as coverage_filter_views
from portfolio.coverage import views as coverage_views
from portfolio.demo import commands as demo_commands
from portfolio.digest import archive_views as digest_archive_views
from portfolio.digest import commands as digest_commands
from portfolio.digest import own_views as digest_own_views
from portfolio.digest import part_views as digest_part_views
from portfolio.digest import preview_views as digest_preview_views
from portfolio.digest import robot_views as digest_robot_views
from portfolio.digest import schedule_views as digest_schedule_views
from portfolio.digest import views as digest_views
from portfolio.extensions import csrf, init_database
from portfolio.flows import carry_operations as flows_carrying
from portfolio.flows import carry_views as flows_carry_views
from portfolio.flows import edit_views as flows_edit_views
from portfolio.flows import publish_views as flows_publish_views
from portfolio.flows import views as flows_views
from portfolio.handover import views as handover_views
from portfolio.health import views as health_views
from portfolio.holidays import views as holidays_views
from portfolio.intake import batch_views as intake_batch_views
from portfolio.intake import commands as intake_commands  # noqa: F401 - adds `companies import`
from portfolio.intake import job_operations as intake_job_operations
from portfolio.intake import jobs as intake_jobs
from portfolio.intake import mapping_views as intake_mapping_views
from portfolio.intake import run_views as intake_run_views
from portfolio.intake import trouble_views as intake_trouble_views
from portfolio.intake import undo_views as intake_undo_views
from portfolio.intake import upload_views as intake_upload_views
from portfolio.intake import views as intake_views
from portfolio.intake import year_grid_views as intake_year_grid_views
from portfolio.journal import views as journal_views
from portfolio.journal.operations import Undoer, by_steps, steps_stand
from portfolio.meetings import digest_queries as meetings_digest
from portfolio.meetings import form_views as meetings_form_views
from portfolio.meetings import history_queries as meetings_history
from portfolio.meetings import item_views as meetings_item_views
from portfolio.meetings import jobs as meetings_jobs
from portfolio.meetings import section_views as meetings_section_views
from portfolio.meetings import undo_operations as meetings_undo
from portfolio.meetings import views as meetings_views
from portfolio.meetings import wording_queries as meeting_words
from portfolio.people import access
from portfolio.people import commands as people_commands
from portfolio.people import jobs as people_jobs
from portfolio.people import settings_views as people_settings_views
from portfolio.people import views as people_views
from portfolio.people.policy import ROLES
from portfolio.pipeline import board_views as pipeline_board_views
from portfolio.pipeline import bulk_views as pipeline_bulk_views
from portfolio.pipeline import check_views as pipeline_check_views
from portfolio.pipeline import commands as pipeline_commands
from portfolio.pipeline import desk_views as pipeline_desk_views
from portfolio.pipeline import detach_operations as pipeline_detaching
from portfolio.pipeline import detach_views as pipeline_detach_views
from portfolio.pipeline import document_views as pipeline_document_views
from portfolio.pipeline import form_views as pipeline_form_views
from portfolio.pipeline import funnel_views as pipeline_funnel_views
from portfolio.pipeline import jobs as pipeline_jobs
from portfolio.pipeline import late_views as pipeline_late_views
from portfolio.pipeline import mark_queries as pipeline_marks
from portfolio.pipeline import merge_operations as pipeline_merging
from portfolio.pipeline import move_views as pipeline_move_views
from portfolio.pipeline import owner_views as pipeline_owner_views
from portfolio.pipeline import queries as pipeline
from portfolio.pipeline import record_views as pipeline_record_views
from portfolio.pipeline import recusal_views as pipeline_recusal_views
from portfolio.pipeline import section_views as pipeline_section_views
from portfolio.pipeline import sight_queries as sight
from portfolio.pipeline import undo_operations as pipeline_undo
from portfolio.pipeline import vehicle_views as pipeline_vehicle_views
from portfolio.pipeline import views as pipeline_views
from portfolio.pipeline import wall_views as pipeline_wall_views
from portfolio.pipeline.keeper_queries import keepers
from portfolio.readiness import commands as readiness_commands
from portfolio.readiness import company_views as readiness_company_views
from portfolio.readiness import foresight_export_views as readiness_foresight_export_views
from portfolio.readiness import foresight_operations as readiness_foresights
from portfolio.readiness import foresight_views as readiness_foresight_views
from portfolio.readiness import jobs as readiness_jobs
from portfolio.readiness import judgement_views as readiness_judgement_views
from portfolio.readiness import library_views as readiness_library_views
from portfolio.readiness import merge_operations as readiness_merging
from portfolio.readiness import operations as readiness
from portfolio.readiness import path_views as readiness_path_views
from portfolio.readiness import question_views as readiness_question_views
from portfolio.readiness import recognition_views as readiness_recognition_views
from portfolio.readiness import scenario_queries as readiness_scenarios
from portfolio.readiness import scenario_views as readiness_scenario_views
from portfolio.readiness import scenario_wording_views as scenario_wording
from portfolio.readiness import views as readiness_views
from portfolio.readiness import whatif_views as readiness_whatif_views
from portfolio.readiness import when_views as readiness_when_views
from portfolio.readiness.models import Assessment, ReadinessOwed, ReadinessState, Scenario
from portfolio.records import bin_views as records_bin_views
from portfolio.records import name_queries as record_names
from portfolio.records import queries as records
from portfolio.records import views as records_views
from portfolio.reports import batch_views as reports_batch_views
from portfolio.reports import jobs as reports_jobs
from portfolio.reports import views as reports_views
from portfolio.rulebook.metrics import dictionary
from portfolio.taxonomies import edit_views as taxonomies_edit_views
from portfolio.taxonomies import edition_views as taxonomies_edition_views
from portfolio.taxonomies import jobs as taxonomies_jobs
from portfolio.taxonomies import preview_views as taxonomies_preview_views
from portfolio.taxonomies import views as taxonomies_views
from portfolio.web import (
    assets,
    errors,
    formatting,
    fragments,
    i18n,
    navigation,
    requests,
    security,
)

VIEWS = (
    people_views,
    people_settings_views,
    audit_views,
    journal_views,
    companies_views,
    companies_portrait_views,
    companies_record_views,
    companies_fact_views,
    companies_duplicate_views,
    companies_merge_views,
    companies_merge_history_views,
    companies_export_views,
    agenda_views,
    holidays_views,
    pipeline_views,
    pipeline_form_views,
    pipeline_board_views,
    pipeline_desk_views,
    pipeline_funnel_views,
    pipeline_move_views,
    pipeline_vehicle_views,
    pipeline_check_views,
    pipeline_bulk_views,
    pipeline_record_views,
    pipeline_document_views,
    pipeline_wall_views,
    pipeline_recusal_views,
    pipeline_detach_views,
    chokepoint_views,
    chokepoint_taxonomy_views,
    chokepoint_claim_views,
    chokepoint_claim_list_views,
    chokepoint_evidence_views,
    chokepoint_review_views,
    coverage_views,
    coverage_figure_views,
    readiness_views,
    readiness_library_views,
    readiness_foresight_views,
    readiness_foresight_export_views,
    readiness_company_views,
    readiness_judgement_views,
    readiness_path_views,
    readiness_question_views,
    readiness_whatif_views,
    readiness_when_views,
    readiness_scenario_views,
    readiness_recognition_views,
    reports_views,
    reports_batch_views,
    committee_views,
    committee_export_views,
    meetings_views,
    meetings_form_views,
    meetings_item_views,
    intake_views,
    intake_run_views,
    intake_upload_views,
    intake_mapping_views,
    intake_batch_views,
    intake_undo_views,
    intake_year_grid_views,
    digest_views,
    digest_robot_views,
    digest_own_views,
    digest_schedule_views,
    digest_part_views,
    digest_preview_views,
    digest_archive_views,
    flows_views,
    flows_edit_views,
    flows_publish_views,
    flows_carry_views,
    taxonomies_views,
    taxonomies_edit_views,
    taxonomies_preview_views,
    taxonomies_edition_views,
    handover_views,
    health_views,
    records_views,
    records_bin_views,
)
COMMANDS = (
    people_commands.group,
    audit_commands.group,
    companies_commands.group,
    pipeline_commands.group,
    chokepoint_commands.group,
    readiness_commands.group,
    demo_commands.group,
    digest_commands.group,
    digest_commands.scheduler,
)
# What slices below ask of slices above, handed in here so that imports run one way.
COMPANY_SCOPES = {
    "agenda": sight.companies_on_agenda,
    "team": sight.companies_of_team,
}
# What the audit page calls the values of a column, wherever the column stands.
AUDIT_TITLES: dict[str, Any] = {
    "stage": pipeline.stage_titles,
    "from_stage": pipeline.stage_titles,
    "to_stage": pipeline.stage_titles,
    "technology": chokepoint_taxonomy.technology_titles,
    "metric": dictionary,
    "role": lambda: ROLES,
}
# What the trail and histories say of columns that are kept as texts for programs.
AUDIT_TELLERS: dict[tuple[str, str], Any] = {
    (Scenario.__audit__, "changes"): scenario_wording.assumed_text,
    (Scenario.__audit__, "growth"): scenario_wording.growth_text,
    ("meeting", "kind"): meeting_words.kind_text,
    ("agenda_item", "ask"): meeting_words.ask_text,
    ("agenda_item", "meeting_id"): meetings_history.meeting_text,
    ("chokepoint_tag", "sources"): chokepoint_views.sources_text,
    ("chokepoint_tag", "technology"): chokepoint_taxonomy.technology_text,
    ("chokepoint_evidence", "technology"): chokepoint_taxonomy.technology_text,
}
# Which part of a list a file held, in words, by what the trail says that it is of.
AUDIT_FILTERS: dict[str, Any] = {
    "deal": committee_export_views.filter_reader,
    "deal_list": committee_export_views.filter_reader,
    "company": lambda: companies_export_views.conditions,
    "funnel": pipeline_funnel_views.filter_reader,
}
# What /healthz reports beside the database.
HEALTH_REPORTS = {
    "scheduler": digest_views.scheduler_report,
    "digest": digest_views.digest_report,
}
# What the scheduler does by the clock beside digests.
BANNERS = {"digest/_late.html": digest_views.late_banner}
# What slices beside the digest tell in it, by the names that its parts ask for.
DIGEST_LINES: dict[str, Any] = {
    "agenda": meetings_digest.agenda_lines,
    "imports": intake_trouble_views.digest_lines,
}
# Which of some meetings a person may know of, for what a mail names.
DIGEST_MEETINGS = meetings_digest.open_meetings
SETTINGS_SECTIONS = {"digest/_scheduler.html": digest_views.scheduler_section}
# Since when something long is being written, which digests must not pass over.
WRITING_SINCE = (intake_job_operations.writing_since,)
CLOCK_WORK = {
    "import": intake_jobs.work,
    "people": people_jobs.forget_ended,
    "held": pipeline_jobs.return_held,
    "agendas": meetings_jobs.open_agendas,
    "chain": audit_jobs.check_chain,
    "tags": chokepoint_jobs.expire_due,
    "texts": chokepoint_jobs.follow_owed,
    "suggestions": chokepoint_jobs.suggest_waiting,
    "readiness": readiness_jobs.refresh_due,
    "foresight": readiness_jobs.foresee_due,
    "reports": reports_jobs.work,
    "taxonomy": taxonomies_jobs.work,
    "old_reports": reports_jobs.forget_old,
}
COMPANY_SECTIONS: tuple[Any, ...] = (
    pipeline_section_views.company_section,
    chokepoint_views.company_section,
    readiness_company_views.company_section,
)
COMPANY_FILTERS: tuple[Any, ...] = (
    chokepoint_views.COMPANY_FILTER,
    readiness_views.COMPANY_FILTER,
    *coverage_filter_views.COMPANY_FILTERS,
    companies_gap_views.COMPANY_FILTER,
)
COMPANY_COLUMNS: tuple[Any, ...] = (
    chokepoint_views.COMPANY_COLUMN,
    readiness_views.COMPANY_COLUMN,
)
DEAL_SECTIONS: tuple[Any, ...] = (meetings_section_views.deal_section,)
DEAL_FILTERS: tuple[Any, ...] = (
    pipeline_late_views.LATE_FILTER,
    *coverage_filter_views.DEAL_FILTERS,
)
LIBRARY_FILTERS: tuple[Any, ...] = (pipeline_owner_views.OWNER_FILTER,)
# How acts are taken back, by the action that the journal keeps.
UNDOERS: dict[str, Undoer] = {
    **{
        f"{kind}.change": Undoer(records.may_undo, by_steps, steps_stand)
        for kind in ("company", "contact", "task", "document", "activity")
    },
    **{
        f"{kind}.delete": Undoer(
            records.may_undo, companies_undo.restore_record, companies_undo.check_record
        )
        for kind in ("contact", "task", "document", "activity")
    },
    "task.finish": Undoer(records.may_undo, by_steps, steps_stand),
    **{
        f"scenario.{act}": Undoer(records.may_undo, by_steps, steps_stand)
        for act in ("save", "change", "rename")
    },
    "scenario.delete": Undoer(
        records.may_undo, companies_undo.restore_record, companies_undo.check_record
    ),
    "figure.state": Undoer(
        records.may_undo, companies_undo.undo_figures, companies_undo.check_figures
    ),
    "company.delete": Undoer(
        records.may_undo, companies_undo.restore, companies_undo.check_company
    ),
    "company.merge": Undoer(
        records.may_undo_merge, companies_merge_undo.undo_merge, pipeline_merging.check_merge
    ),
    **{
        f"tag.{act}": Undoer(records.may_undo_tag, chokepoint_undo.undo, chokepoint_undo.check)
        for act in (
            *("accept", "confirm", "renew", "read_again", "reject"),
            *("evidence", "withdraw_evidence"),
        )
    },
    "deal.change": Undoer(records.may_undo, pipeline_undo.undo_change, steps_stand),
    "deal.move": Undoer(records.may_undo_move, pipeline_undo.undo_moves, pipeline_undo.check_moves),
    "deal.delete": Undoer(records.may_undo, pipeline_undo.restore, pipeline_undo.check_deleted),
    "deal.bulk": Undoer(records.may_undo, pipeline_undo.undo_bulk, pipeline_undo.check_bulk),
    **{
        f"meeting.{act}": Undoer(records.may_undo_meeting, by_steps, steps_stand)
        for act in ("change", "cancel", "conclude")
    },
    **{
        f"meeting.{act}": Undoer(records.may_undo_meeting, by_steps, meetings_undo.check_agenda)
        for act in ("put_on", "take_off", "change_item")
    },
    "pipeline.carry": Undoer(
        flows_carrying.may_take_back, flows_carrying.take_back, flows_carrying.check_take_back
    ),
}
# What goes with a company beside its own slice's rows, when it is deleted.
COMPANY_PARTS: tuple[Any, ...] = (*CHOKEPOINT_PARTS, Assessment, ReadinessState, Scenario)
# What follows from other rows of a company, and is computed anew where it must be.
COMPANY_COMPUTED: tuple[Any, ...] = (Assessment, ReadinessState, ReadinessOwed)
# What goes over with a company that is merged into another one, who may let it, in what the two
# may differ, and how readers count it.
COMPANY_MOVERS: tuple[Any, ...] = (
    pipeline_merging.move_company,
    chokepoint_merging.move_company,
    readiness_merging.move_company,
)
COMPANY_MOVE_CHECKS: tuple[Any, ...] = (pipeline_merging.require_movable,)
# What lets a company go that is deleted by somebody who cannot know of it, and takes it back.
COMPANY_RELEASES: tuple[Any, ...] = (pipeline_detaching.let_go,)
COMPANY_RETURNS: tuple[Any, ...] = (pipeline_detaching.take_back,)
COMPANY_DIFFERENCES: tuple[Any, ...] = (chokepoint_merging.differences,)
COMPANY_COUNTERS: tuple[Any, ...] = (
    pipeline_merging.count_of,
    chokepoint_merging.count_of,
    readiness_scenarios.count_of,
)
# The map of chokepoint technologies, which is drawn by a slice above theirs.
CHOKEPOINT_MAP = coverage_views.chart
# Who looks after companies: whom to tell.
COMPANY_KEEPERS = keepers
# What slices above know of companies that tells one from another.
COMPANY_MARKS: tuple[Any, ...] = (pipeline_marks.marks,)


def create_app(settings: Mapping[str, Any] | None = None) -> Flask:
    """The application; `settings` override what the environment says (tests)."""
    app = Flask(__name__)
    app.config.update(environment.from_environment(os.environ, app.root_path))
    app.config.update(settings or {})
    init_database(app)
    csrf.init_app(app)
    audit.install()
    audit.kept.connect(chokepoint_owed.when_kept)
    figures_stated.connect(readiness.when_figures_change)
    for signal in (figures_stated, companies_parted):
        signal.connect(readiness_foresights.when_figures_change)
    _install_web(app)
    _install_slices(app)
    access.require_declared(app)
    return app


def serve() -> Flask:
    """The application for a server process. What it is made of stays, so the interpreter's search
    for cycles is spared going through all of it again and again, and comes less often: a page of
    a long list makes thousands of objects and no cycles."""
    app = create_app()
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)
    return app


def _install_web(app: Flask) -> None:
    requests.install(app)
    i18n.install(app)
    formatting.install(app)
    fragments.install(app)
    security.install(app)
    errors.install(app)
    access.install(app)
    app.jinja_env.globals.update(asset=assets.asset)
    app.context_processor(_template_globals)
    app.context_processor(navigation.template_globals)
    if app.config["APP_ENV"] == "production":
        app.wsgi_app = ProxyFix(app.wsgi_app)  # type: ignore[method-assign]


def _template_globals() -> dict[str, Any]:
    user = access.current_user()
    theme = (user.theme if user else "") or request.cookies.get("theme", "")
    return {
        "current_user": user,
        "can": _can,
        "banners": _banners,
        "locale": i18n.language(),
        "theme": theme if theme in {"light", "dark"} else "",
    }


def _banners(user: Any) -> list[tuple[str, Any]]:
    return [(name, values) for name, ask in BANNERS.items() if (values := ask(user)) is not None]


def _can(permission: str, deal: Any = None) -> bool:
    user = access.current_user()
    if user is None:
        return False
    return sight.may(user, permission, deal) if deal is not None else user.may(permission)


def _install_slices(app: Flask) -> None:
    for blueprint in dict.fromkeys(module.blueprint for module in VIEWS):
        app.register_blueprint(blueprint)
    for group in COMMANDS:
        app.cli.add_command(group)
    app.extensions["company_scopes"] = COMPANY_SCOPES
    app.extensions["companies_recused"] = sight.companies_recused
    app.extensions["readable_deals"] = sight.readable_deals
    app.extensions["known_deals"] = sight.known_ids
    app.extensions["readable_companies"] = companies.readable
    app.extensions["entries_with_terms"] = papers.entries_with_terms
    app.extensions["audit_titles"] = AUDIT_TITLES
    app.extensions["audit_filters"] = AUDIT_FILTERS
    app.extensions["audit_tellers"] = AUDIT_TELLERS
    app.extensions["audit_names"] = record_names.names
    app.extensions["company_sections"] = COMPANY_SECTIONS
    app.extensions["company_columns"] = COMPANY_COLUMNS
    app.extensions["company_filters"] = COMPANY_FILTERS
    app.extensions["company_parts"] = COMPANY_PARTS
    app.extensions["company_computed"] = COMPANY_COMPUTED
    app.extensions["company_movers"] = COMPANY_MOVERS
    app.extensions["company_move_checks"] = COMPANY_MOVE_CHECKS
    app.extensions["company_releases"] = COMPANY_RELEASES
    app.extensions["company_returns"] = COMPANY_RETURNS
    app.extensions["company_differences"] = COMPANY_DIFFERENCES
    app.extensions["company_counters"] = COMPANY_COUNTERS
    app.extensions["company_marks"] = COMPANY_MARKS
    app.extensions["company_keepers"] = COMPANY_KEEPERS
    app.extensions["chokepoint_map"] = CHOKEPOINT_MAP
    app.extensions["deal_sections"] = DEAL_SECTIONS
    app.extensions["deal_filters"] = DEAL_FILTERS
    app.extensions["library_filters"] = LIBRARY_FILTERS
    app.extensions["undoers"] = UNDOERS
    app.extensions["health_reports"] = HEALTH_REPORTS
    app.extensions["clock_work"] = CLOCK_WORK
    app.extensions["writing_since"] = WRITING_SINCE
    app.extensions["digest_lines"] = DIGEST_LINES
    app.extensions["digest_meetings"] = DIGEST_MEETINGS
    app.extensions["settings_sections"] = SETTINGS_SECTIONS
