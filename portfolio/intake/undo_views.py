"""Taking an import back: what would go and what stands against it, asked first; then done."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from portfolio.intake import operations, queries
from portfolio.intake.models import BatchState, ImportBatch, Kind
from portfolio.intake.undo_operations import Entangled, undo
from portfolio.intake.undo_queries import going, obstacles, written_by
from portfolio.intake.use_queries import Obstacle
from portfolio.intake.views import Answer, batch_or_404, blueprint
from portfolio.intake.wording_views import WHAT
from portfolio.kernel.errors import InputError
from portfolio.people import access
from portfolio.web.formatting import now
from portfolio.web.messages import text_of

SHOWN = 20  # of what stands against it; the rest is counted


@dataclass(frozen=True)
class Against:
    """A line about what stands against it: the record, and what uses it with where that is."""

    text: str
    by: str = ""
    url: str = ""
    binned: bool = False


@blueprint.route("/imports/<int:batch_id>/undo", methods=["GET", "POST"])
@access.permit("import")
def take_back(batch_id: int) -> Answer:
    """Take an import back once that is confirmed, unless what it wrote was changed or used since."""
    batch = batch_or_404(batch_id)
    if request.method == "GET":
        if batch.state != BatchState.DONE.value:  # gone back to after it was done
            return redirect(url_for("intake.preview", batch_id=batch.id))
        seen, _closed = written_by(batch, access.me())
        return _page(batch, _named(obstacles(batch, seen, access.me())))
    try:
        with access.writing("import.undo"):
            if queries.locked(batch.id).state != BatchState.DONE.value:
                abort(409)  # the same button pressed twice
            undo(batch, access.me(), now())
    except Entangled as refusal:
        return _page(batch, _named(refusal.obstacles)), 422
    except InputError as error:  # the pipeline does not let a deal go back
        return _page(batch, [Against(text_of(error))]), 422
    operations.upload_path(batch).unlink(missing_ok=True)
    flash(_("Taken back: %(name)s.", name=batch.filename))
    return redirect(url_for("intake.preview", batch_id=batch.id))


def _named(found: Sequence[Obstacle]) -> list[Against]:
    return [
        Against(f"{one.name}: {WHAT[one.what]}", one.by, _where(one) if one.by else "", one.binned)
        for one in found
    ]


def _where(one: Obstacle) -> str:
    """The page of what stands against it; what lies in the bin is shown there."""
    if one.binned:
        return url_for("records.bin_")
    if one.deal_id is not None:
        return url_for("pipeline.show", deal_id=one.deal_id)
    return url_for("companies.show", company_id=one.company_id)


def _page(batch: ImportBatch, against: Sequence[Against]) -> str:
    """What would go; the button stands only where nothing is against it."""
    return render_template(
        "intake/undo.html",
        batch=batch,
        kind=Kind._value2member_map_[batch.kind],
        going=going(batch),
        against=against[:SHOWN],
        more=max(0, len(against) - SHOWN),
    )
