"""Migrations go up, down and up again with data on both databases, and the models fit them."""

import datetime as dt
import importlib.util
import re
from pathlib import Path

import flask_migrate
import pytest
import sqlalchemy as sa

from portfolio.chokepoint.models import Tag, TagEvidence
from portfolio.companies import operations as companies
from portfolio.companies.likeness import keys_of
from portfolio.companies.models import CompanyKey
from portfolio.extensions import db, unit_of_work
from portfolio.pipeline.models import Deal
from tests import factories

# SQLite cannot tell the expressions of an index, so those are compared on PostgreSQL alone.
pytestmark = [
    pytest.mark.filterwarnings(f"ignore:{said} expression-based index")
    for said in ("Skipped unsupported reflection of", "autogenerate skipping metadata-specified")
]


def rows() -> dict[str, int]:
    names = sa.inspect(db.engine).get_table_names()
    counted = {
        name: db.session.scalar(sa.select(sa.func.count()).select_from(sa.table(name)))
        for name in names
        if not name.startswith("company_search_fts")
    }
    db.session.rollback()
    return {name: count or 0 for name, count in counted.items()}


def test_the_models_fit_the_migrated_database(app) -> None:
    flask_migrate.check()


def test_down_to_the_core_and_up_again_keeps_what_the_core_holds(app, cast) -> None:
    deal = factories.deal(cast["manager"], terms={"amount_fen": 123})
    before = rows()
    flask_migrate.downgrade(revision="0001")
    core = rows()
    assert {name: before[name] for name in core} == core | {
        "alembic_version": 1,
        "pipeline_version": 6,
    }
    assert core["deal"] == 1 and core["stage_event"] == 1 and core["pipeline_version"] == 2
    flask_migrate.upgrade()
    flask_migrate.check()
    assert db.session.get_one(Deal, deal.id).amount_fen == 123
    factories.deal(cast["manager"])


def test_all_the_way_down_and_up_again(app, cast) -> None:
    factories.deal(cast["manager"])
    db.session.remove()
    flask_migrate.downgrade(revision="base")
    assert set(sa.inspect(db.engine).get_table_names()) <= {"alembic_version"}
    flask_migrate.upgrade()
    flask_migrate.check()
    assert rows()["pipeline_version"] == 6


def test_what_a_tag_said_of_its_evidence_becomes_a_row_for_as_long_as_it_stood(app, cast) -> None:
    company_id = factories.company(cast["manager"]).id
    db.session.remove()
    flask_migrate.downgrade(revision="0044")
    said = [("suggested", "E0", "", 2), ("confirmed", "E2", "检测报告", 3)]
    said += [("confirmed", "E3", "用户报告", 4), ("rejected", "E3", "用户报告", None)]
    insert = sa.text(
        "INSERT INTO chokepoint_tag (company_id, technology, state, level, evidence, words, "
        "text_hash, reason, recorded_at, recorded_by_id, superseded_at) VALUES (:company, 'uv-led', "
        ":state, :level, :evidence, '', '', '', :at, 3, :until)"
    )
    day = "2026-03-0{} 01:00:00.000000".format
    for number, (state, level, evidence, until) in enumerate(said, start=1):
        values = {"company": company_id, "state": state, "level": level, "evidence": evidence}
        gone = day(until) if until else None
        db.session.execute(insert, values | {"at": day(number), "until": gone})
    db.session.commit()
    flask_migrate.upgrade()
    rows = db.session.query(TagEvidence).order_by(TagEvidence.id).all()
    told = [
        (r.level, r.text, r.recorded_at.day, r.superseded_at and r.superseded_at.day) for r in rows
    ]
    assert told == [("E2", "检测报告", 2, 3), ("E3", "用户报告", 3, None)]
    tags = db.session.query(Tag).order_by(Tag.id).all()
    assert [tag.first_reader_id for tag in tags] == [None, 3, 3, None]
    assert {tag.recheck_on for tag in tags} == {None}
    with unit_of_work("tag.expire"):
        tags[-1].state = "expired"
    flask_migrate.downgrade(revision="0044")
    flask_migrate.upgrade()
    db.session.expire_all()
    assert db.session.get_one(Tag, tags[-1].id).state == "confirmed"


def test_reasons_of_rejection_have_a_code_and_read_as_before_without_it(app, cast) -> None:
    company = factories.company(cast["manager"])
    said = {"只是销售或代理": ("sell", ""), "仅为规划，尚无样品或产品：见年报": ("plan", "见年报")}
    said |= {"只是销售或代理商": ("", "只是销售或代理商"), "": ("", "")}
    with unit_of_work("seed"):
        for number, (code, words) in enumerate(said.values()):
            tag = Tag(company_id=company.id, technology=f"t{number}", state="rejected")
            tag.reason_code, tag.reason, tag.recorded_at = code, words, factories.NOW
            db.session.add(tag)
    db.session.remove()
    flask_migrate.downgrade(revision="0053")
    rows = db.session.execute(sa.text("SELECT reason FROM chokepoint_tag ORDER BY id"))
    assert [row[0] for row in rows] == list(said)
    db.session.remove()
    flask_migrate.upgrade()
    tags = db.session.query(Tag).order_by(Tag.id).all()
    assert [(tag.reason_code, tag.reason) for tag in tags] == list(said.values())


def test_there_is_one_line_of_migrations(app) -> None:
    config = flask_migrate.Config(f"{app.root_path}/migrations/alembic.ini")
    config.set_main_option("script_location", f"{app.root_path}/migrations")
    script = __import__("alembic.script", fromlist=["ScriptDirectory"]).ScriptDirectory.from_config(
        config
    )
    assert len(script.get_heads()) == 1


@pytest.mark.parametrize("table", ["audit_entry", "stage_event", "deal_terms"])
def test_the_database_itself_refuses_to_rewrite_history(app, cast, table) -> None:
    factories.deal(cast["manager"], terms={"amount_fen": 1})
    for statement in (
        f"DELETE FROM {table}",
        f"UPDATE {table} SET {'at' if table == 'audit_entry' else 'recorded_at'} = NULL",
    ):
        with pytest.raises(sa.exc.DatabaseError, match="append-only"):
            db.session.execute(sa.text(statement))
        db.session.rollback()


def test_a_deal_of_the_second_version_goes_back_to_the_first_with_its_checks_lost(
    app, cast
) -> None:
    deal = factories.deal(cast["manager"])
    second = deal.pipeline_id
    db.session.remove()
    flask_migrate.downgrade(revision="0010")
    flask_migrate.downgrade()
    versions = db.session.execute(
        sa.text("SELECT id, version, current FROM pipeline_version WHERE key = 'direct'")
    ).all()
    assert [(row.version, bool(row.current)) for row in versions] == [(1, True)]
    assert db.session.scalar(sa.text("SELECT pipeline_id FROM deal")) == versions[0].id != second
    db.session.remove()
    flask_migrate.upgrade()
    again = db.session.get_one(Deal, 1)
    assert again.pipeline_id == versions[0].id, "an old deal keeps the version it moved under"
    with pytest.raises(sa.exc.DatabaseError, match="append-only"):
        db.session.execute(sa.text("UPDATE stage_event SET note = 'x'"))
    db.session.rollback()


def test_names_with_the_mark_of_a_city_are_told_without_it(app, cast) -> None:
    names = "青岛市海纳传动有限公司", "济南市旧名有限公司", "青岛海纳传动"
    made = factories.company(cast["manager"], name_zh=names[0])
    with unit_of_work("seed"):
        companies.update(made, {}, dt.datetime.now(dt.UTC), former_names=names[1:])
    number, code = made.id, made.uscc
    wanted = keys_of(names[0], code, names[1:])
    assert {value for kind, value in wanted if kind != "uscc"} >= {"青岛海纳传动", "济南旧名"}
    before = {("name", "青岛市海纳传动"), ("former", "济南市旧名"), ("former", "青岛海纳传动")}
    with unit_of_work("seed"):
        of_it = sa.delete(CompanyKey).where(CompanyKey.company_id == number)
        db.session.execute(of_it.where(CompanyKey.kind != "uscc"))
        for kind, value in {*before, ("sound", "qingdaoshihainachuandong")}:
            db.session.add(CompanyKey(company_id=number, kind=kind, value=value))
    db.session.remove()
    flask_migrate.downgrade(revision="0046")
    flask_migrate.upgrade()
    kept = sa.select(CompanyKey.kind, CompanyKey.value).where(CompanyKey.company_id == number)
    assert {tuple(row) for row in db.session.execute(kept)} == wanted


def test_deals_in_stages_that_only_a_later_version_has_keep_it_from_going(
    app, cast, caplog
) -> None:
    deal = factories.deal(cast["manager"])
    with unit_of_work("cheat"):
        db.session.execute(sa.update(Deal).where(Deal.id == deal.id).values(stage="brandnew"))
    db.session.remove()
    with pytest.raises(SystemExit):  # what the command makes of the reason, which it prints
        flask_migrate.downgrade(revision="0021")
    assert "brandnew" in caplog.text


def test_no_migration_uses_code_that_goes_on_changing() -> None:
    folder = Path(__file__).parents[2] / "migrations/versions"
    for path in sorted(folder.glob("*.py")):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"^\s*(?:from|import) portfolio", text, re.MULTILINE), path.name


NAMES = (
    *(
        "青岛海纳传动股份有限公司",
        "（集团）Ａｃｍｅ Co., Ltd.",
        "重庆 某某(已切换)",
        "Acme Inc",
        "乙",
        "集团",
    ),
    *("长春行长有限责任公司", "3M中国有限公司", "𠮷野家\u200b有限公司", "abc123 Limited"),
)


@pytest.mark.parametrize("name", NAMES)
def test_the_keys_of_likely_duplicates_are_filled_as_they_were_first_made(name) -> None:
    path = Path(__file__).parents[2] / "migrations/versions/0021_duplicate_keys.py"
    spec = importlib.util.spec_from_file_location("duplicate_keys", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    others = (NAMES[0], name, "曾用名有限公司")
    assert {*module._keys(name, "9137ａ", others)} == keys_of(name, "9137ａ", others)


def test_the_weekly_digests_of_before_stay_in_the_archive_and_go_on(app, cast) -> None:
    db.session.remove()
    flask_migrate.downgrade(revision="0060")
    with unit_of_work("test"):
        db.session.execute(
            sa.text(
                "INSERT INTO digest_run (schedule_id, period, due_at, planned_at, late, missed, "
                "state, claim_token, lease_until) VALUES (1, '2026-W47', :at, :at, :no, 0, 'done', "
                "'', :at)"
            ),
            {"at": "2026-11-16 00:30:00.000000", "no": False},
        )
    db.session.remove()
    flask_migrate.upgrade()
    kept = sa.text(
        "SELECT origin, kind, roles, name FROM digest_run JOIN digest_schedule "
        "ON digest_schedule.id = schedule_id"
    )
    assert [tuple(row) for row in db.session.execute(kept)] == [("slot", "weekly", "*", "")]
    db.session.rollback()
    kinds = sa.text("SELECT kind FROM digest_schedule WHERE owner_id IS NULL ORDER BY id")
    assert db.session.scalars(kinds).all() == ["weekly", "daily", "monthly"]
