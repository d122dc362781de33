"""The page of one import: what it would do, with every problem row by row; or what it did."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from flask import (
    Blueprint,
    abort,
    render_template,
    request,
)
from werkzeug.wrappers import Response

from portfolio.companies.likeness import Reason
from portfolio.companies.merge_queries import survivors
from portfolio.extensions import db
from portfolio.intake import headings, job_operations, operations, queries
from portfolio.intake.choices import Choices, place, read_choices
from portfolio.intake.models import BatchState, ImportBatch, JobState, Kind
from portfolio.intake.wording_views import (
    ENCODINGS,
    field_title,
    grouped_options,
    percent,
    told,
    worded,
)
from portfolio.people import access
from portfolio.pipeline.sight_queries import unknown_codes
from portfolio.web.messages import sentence
from portfolio.web.paging import PER_PAGE, Page, page_number

blueprint = Blueprint("intake", __name__)

Answer = str | Response | tuple[str, int]
MOST_PASTED = 8 * 1024 * 1024
MOST_PAIRS = 30
FIRST_PAIRS = 5
WATCHED = "import"
NO_DEAL = "deal.unknown"


def batch_or_404(batch_id: int) -> ImportBatch:
    """The person's own import; other people's do not exist for them."""
    batch = db.session.get(ImportBatch, batch_id)
    if batch is None or batch.created_by_id != access.me().id:
        abort(404)
    return batch


def waiting_batch(batch_id: int) -> ImportBatch:
    """The person's own import that waits to be confirmed and that nobody works on."""
    batch = batch_or_404(batch_id)
    if batch.state != BatchState.UPLOADED.value or queries.open_job(batch.id) is not None:
        abort(409)
    return batch


@blueprint.get("/imports/<int:batch_id>")
@access.permit("import")
def preview(batch_id: int) -> Answer:
    """What the import would do, with every problem row by row; or what it did."""
    batch = batch_or_404(batch_id)
    job = queries.open_job(batch.id)
    if job is not None:
        return render_template(
            "intake/running.html", batch=batch, job=job, done=job_operations.done_so_far(batch)
        )
    if batch.state != BatchState.UPLOADED.value:
        return _result_page(batch)
    return preview_page(batch)


def found_by_check(batch: ImportBatch) -> dict[str, Any]:
    """What the check of an upload found. One that was uploaded before checks were kept is checked
    as it is looked at."""
    found = json.loads(batch.checked) if batch.checked else operations.check(batch, access.me())
    return dict(found)


def _refusal(found: Mapping[str, Any], batch: ImportBatch) -> str:
    said = found.get("refusal")
    if said:
        return sentence(said["code"], **said["params"])
    job = queries.latest_job(batch.id)
    if job is not None and job.state == JobState.FAILED.value and job.error:
        said = json.loads(job.error)
        return sentence(said["code"], **said["params"])
    return ""


def preview_page(
    batch: ImportBatch, error: str = "", chosen: Mapping[str, str] | None = None
) -> Answer:
    """The page of an upload, with 422 when something stands against importing it. `chosen` is what
    a refused mapping said of the columns: it stays in the form."""
    found = found_by_check(batch)
    refusal = error or _refusal(found, batch)
    found = _without_unknown(found)
    report, differences = found.get("report"), found.get("differences", [])
    fresh = found.get("fresh", [])
    view = _view(report, differences)
    choices = read_choices(json.loads(batch.choices))
    sound = found["size"] - len({f["row"] for f in report["refused"]}) if report else 0
    page = render_template(
        "intake/preview.html",
        batch=batch,
        report=report,
        sound=sound,
        columns=_reasoned(found["columns"], chosen or {}),
        unsettled=chosen is not None,
        ignored=[column["heading"] for column in found["columns"] if not column["field"]],
        guessed=[column["heading"] for column in found["columns"] if column.get("assumed")],
        encoding=ENCODINGS.get(found.get("encoding", ""), ""),
        options=grouped_options(batch.kind),
        unknown=[c["heading"] for c in found["columns"] if c["reason"] == "column.unknown"],
        other_sheets=found.get("other_sheets", []),
        formulas=found.get("formulas", 0),
        size=found["size"],
        page=_shown(found, choices, view, batch.kind),
        fresh=len(fresh),
        view=view,
        refusal=refusal,
        same=queries.same_file(batch.sha256),
        kinds=Kind._value2member_map_,
        pairs=_first_pairs(found) if view != "duplicates" else [],
        likely=len(report["duplicates"]) if report else 0,
        differing=_differing(differences, choices, batch.kind),
        choices=choices,
    )
    return (page, 422) if refusal else page


def _without_unknown(found: Mapping[str, Any]) -> dict[str, Any]:
    """What a check found but for what is about deals that the reader may not know of by now."""
    told = {**found, "differences": _known(found.get("differences", []))}
    if found.get("report"):
        told["report"] = _known_report(found["report"])
    return told


def _known_report(report: Mapping[str, Any]) -> dict[str, Any]:
    return {**report, **{kind: _known(report.get(kind, [])) for kind in ("refused", "warnings")}}


def _known(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows of a report but for those about deals that the reader may not know of by now: recused
    or walled since, as they are named there. That there is no such deal is told of both alike."""
    named = {row[key] for row in rows for key in ("company", "company_code") if row.get(key)}
    hidden = unknown_codes(access.me(), named)
    return [
        row
        for row in rows
        if row.get("code") == NO_DEAL or not hidden & {row.get("company"), row.get("company_code")}
    ]


def _view(report: Mapping[str, Any] | None, differences: Sequence[Any]) -> str:
    """The part of the preview that is open: the one asked for, or the first that holds anything."""
    asked = request.args.get("kind", "")
    if asked or report is None or report["refused"] or report["warnings"]:
        return asked
    return "differences" if differences else "new"


def _shown(found: Mapping[str, Any], choices: Choices, view: str, kind: str) -> Page:
    """The page of findings, of differing values or of new companies that was asked for."""
    report, differences = found.get("report"), found.get("differences", [])
    number = page_number()
    part = slice((number - 1) * PER_PAGE, number * PER_PAGE)
    if view == "differences":
        return Page(_pairs(differences[part], choices, kind), number, len(differences))
    if view == "duplicates" and report:
        pairs = duplicate_pairs(report["duplicates"][part], found.get("entered", {}))
        return Page(pairs, number, len(report["duplicates"]))
    if view == "new":
        fresh = found.get("fresh", [])
        return Page(fresh[part], number, len(fresh))
    findings = _findings(report, view) if report else []
    return Page([worded(f, refused, kind) for f, refused in findings[part]], number, len(findings))


def _reasoned(columns: Sequence[dict[str, Any]], chosen: Mapping[str, str]) -> list[dict[str, Any]]:
    shown = []
    for column in columns:
        reason = sentence(column["reason"]) if column["reason"] else ""
        field, _, unit = chosen.get(column["heading"], column["field"]).partition(headings.IN)
        said = {"reason": reason, "field": field, "chosen_unit": unit}
        said["assumed"] = column.get("assumed") and not unit
        said["shares"] = column["unit"] in headings.SHARE_UNITS
        if said["shares"]:
            said["read"] = [percent(column["field"], micro) for micro in column["read"]]
        shown.append(column | said)
    return shown


def _findings(report: Mapping[str, Any], view: str) -> Sequence[tuple[dict[str, Any], bool]]:
    """The findings of a kind, each with whether it refuses its row; refusals come first."""
    refused = [(finding, True) for finding in report["refused"]]
    warnings = [(finding, False) for finding in report["warnings"]]
    return {"refused": refused, "warnings": warnings}.get(view, [*refused, *warnings])


def _differing(
    differences: Sequence[dict[str, Any]], choices: Choices, kind: str
) -> list[dict[str, Any]]:
    """The columns in which values differ: how many, and what was chosen for each."""
    counted: dict[str, int] = {}
    for difference in differences:
        counted[difference["field"]] = counted.get(difference["field"], 0) + 1
    return [
        {
            "field": field,
            "title": field_title(field, kind),
            "count": count,
            "choice": choices.columns.get(field, ""),
        }
        for field, count in counted.items()
    ]


def _pairs(
    differences: Sequence[dict[str, Any]], choices: Choices, kind: str
) -> list[dict[str, Any]]:
    return [
        difference
        | {
            "title": field_title(difference["field"], kind),
            "place": place(difference["row"], difference["field"]),
            "takes": choices.takes(difference["row"], difference["field"]),
            "known": told(difference["field"], difference["known"]),
            "value": told(difference["field"], difference["value"]),
        }
        for difference in differences
    ]


def _first_pairs(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The first of the likely duplicates; all of them have a tab."""
    duplicates = found["report"]["duplicates"] if "report" in found else []
    return duplicate_pairs(duplicates[:FIRST_PAIRS], found.get("entered", {}))


def duplicate_pairs(
    shown: Sequence[Mapping[str, Any]], entered: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Likely duplicates for showing: each of the two sides a company with its link, or a row of
    the file, and the reason."""
    ids = {int(d[s]) for d in shown for s in ("one", "other") if d[s].isdigit()}
    names, codes = queries.names_of(ids), queries.codes_of(ids)
    pairs = []
    for duplicate in shown:
        sides: list[dict[str, Any]] = []
        for side in ("one", "other"):
            label = duplicate[side]
            if label.isdigit():
                known = int(label)
                sides.append(
                    {"id": known, "name": names.get(known, ""), "code": codes.get(known, "")}
                )
            else:
                sides.append({"row": label.split()[-1], "name": entered.get(label, "")})
        pairs.append({"sides": sides, "reason": Reason._value2member_map_[duplicate["reason"]]})
    return pairs


def _still_there(report: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The likely duplicates of an import of which neither was removed since, and which were not
    merged either."""
    pairs = duplicate_pairs(report.get("duplicates", [])[:MOST_PAIRS], {})
    whole = survivors(side["id"] for pair in pairs for side in pair["sides"] if side["id"])
    found = []
    for pair in pairs:
        one, other = (whole.get(side["id"], side["id"]) for side in pair["sides"])
        if one != other and all(side["name"] for side in pair["sides"]):
            found.append(pair)
    return found


def _result_page(batch: ImportBatch) -> str:
    """What an import did."""
    report = _known_report(json.loads(batch.report))
    findings = [
        (finding, refused)
        for kind, refused in (("refused", True), ("warnings", False))
        for finding in report.get(kind, [])
    ]
    number = page_number()
    shown = findings[(number - 1) * PER_PAGE : number * PER_PAGE]
    return render_template(
        "intake/result.html",
        batch=batch,
        report=report,
        states=BatchState._value2member_map_,
        kinds=Kind._value2member_map_,
        pairs=_still_there(report) if batch.state == BatchState.DONE.value else [],
        page=Page(
            [worded(f, r, batch.kind, written=True) for f, r in shown], number, len(findings)
        ),
        rejected=bool(report.get("refused")) and operations.upload_path(batch).exists(),
    )
