"""On which meetings a deal comes, as a section of its page."""

from flask_babel import gettext as _

from portfolio.companies.sections import Section
from portfolio.meetings import queries
from portfolio.meetings.kinds import ASKS, KINDS
from portfolio.people.models import User
from portfolio.pipeline.models import Deal
from portfolio.web.formatting import now


def deal_section(deal: Deal, user: User) -> Section | None:
    """The meetings of a deal, and for who arranges them the way onto one; nothing where there is
    neither. Whoever sees a deal may know when it comes to a committee, but not more of the meeting."""
    rows = queries.of_deal(deal.id)
    planner = user.may("committee.write")
    if not rows and not planner:
        return None
    context = {
        "deal": deal,
        "rows": rows,
        "open": queries.readable(user, [meeting.id for meeting, _ in rows]),
        "kinds": KINDS,
        "asks": ASKS,
        "choosable": queries.open_to_deals(user, now(), deal.id) if planner else (),
        "planner": planner,
    }
    return Section(
        "meetings", _("Meetings"), "meetings/_deal.html", context, style="css/meetings.css"
    )
