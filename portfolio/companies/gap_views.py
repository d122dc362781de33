"""The list's filter by what is missing of companies."""

from collections.abc import Sequence

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from portfolio.companies import gap_queries
from portfolio.companies.sections import Filter


def _choices() -> Sequence[tuple[str, str]]:
    return (
        ("uscc", _("Credit code")),
        ("industry", _("Industry")),
        ("figures", _("Any revenue")),
        ("disputed", _("A decision on differing figures")),
    )


COMPANY_FILTER = Filter("lacks", _l("Lacks"), _choices, gap_queries.lacking)
