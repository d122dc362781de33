"""Deals that stand longer than usual, as a filter of the list of deals."""

from collections.abc import Sequence

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from portfolio.companies.sections import Filter
from portfolio.pipeline.late_queries import LATE, entered_until
from portfolio.pipeline.models import Deal, Status
from portfolio.pipeline.queries import pipelines
from portfolio.web.formatting import today


def _clause(chosen: Sequence[str]) -> sa.ColumnElement[bool]:
    """Active deals beyond the usual time of their stage."""
    if LATE not in chosen:
        return sa.true()
    day = today()
    late = entered_until(pipelines(), lambda stage: stage.late_until(day))
    return sa.and_(Deal.status == Status.ACTIVE.value, late)


LATE_FILTER = Filter(
    "late", _l("Time in the stage"), lambda: [(LATE, _("Beyond the usual time"))], _clause
)
