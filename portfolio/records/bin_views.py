"""The bin, and the list of what one did lately and can take back."""

from flask import render_template

from portfolio.journal import operations as journal
from portfolio.journal import queries as acts
from portfolio.people import access
from portfolio.people import queries as people
from portfolio.records import queries
from portfolio.records.views import blueprint
from portfolio.web.formatting import today


@blueprint.get("/bin")
@access.permit("company.read")
def bin_() -> str:
    """What was deleted, by whom, when, and for how long it can be restored."""
    user = access.me()
    found = queries.in_bin(user)
    return render_template(
        "records/bin.html",
        acts=found,
        days={act.id: (act.purge_on - today()).days for act in found},
        restorable={act.id for act in queries.among(user, found, write=True)},
        actors=people.names_of(queries.actors_of(found)),
        kept=journal.KEPT_DAYS,
    )


@blueprint.get("/acts")
@access.permit("company.read")
def mine() -> str:
    """The reader's own acts that can still be taken back, newest first."""
    user = access.me()
    known = journal.undoable_actions()
    found = [a for a in acts.of_actor(user.id) if a.action in known and a.purge_on > today()]
    return render_template(
        "records/acts.html",
        acts=queries.among(user, found, write=True),
        kept=journal.KEPT_DAYS,
    )
