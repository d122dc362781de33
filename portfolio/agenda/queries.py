"""What is due for a person on which day, of what they may see now."""

import datetime as dt
from collections.abc import Iterator

import sqlalchemy as sa
from flask_babel import gettext as _

from portfolio.agenda.entries import Appointment, Entry, Kind, Standing
from portfolio.agenda.models import AgendaFeed
from portfolio.chokepoint import queries as chokepoint
from portfolio.chokepoint.models import Tag
from portfolio.chokepoint.standing import TagState
from portfolio.chokepoint.taxonomy_queries import technology_titles
from portfolio.companies import queries as companies
from portfolio.companies.models import SHOWN_NAME, Company, Figure, Task
from portfolio.extensions import db
from portfolio.kernel.dates import local_date, start_of
from portfolio.meetings.coming_queries import Coming, attended_between
from portfolio.meetings.kinds import State
from portfolio.meetings.wording_queries import asked, name_of
from portfolio.people.models import User
from portfolio.pipeline import sight_queries as sight
from portfolio.pipeline.keeper_queries import keepers
from portfolio.pipeline.models import Deal, Status
from portfolio.readiness.recognitions import GRANTED, granted_targets
from portfolio.web.formatting import title_of

BEHIND = dt.timedelta(days=60)
AHEAD = dt.timedelta(days=400)
MOST = 300


def feed_of(user_id: int) -> AgendaFeed | None:
    """The person's feed, when they have one."""
    return db.session.scalar(sa.select(AgendaFeed).where(AgendaFeed.user_id == user_id))


def entries(user: User, today: dt.date) -> list[Entry]:
    """What is due from two months ago until a year ahead, by day; at most 300 of each kind, in the
    reader's language.

    Of a confidential deal only its code is told: a calendar lies on telephones and other people's
    servers.
    """
    found = [*_tasks(user, today), *_deals(user, today), *_claims(user, today)]
    found += [*_certificates(user, today), *_meetings(user, today)]
    return sorted(found, key=lambda entry: entry.order)


def _window(
    column: sa.SQLColumnExpression[dt.date | None], today: dt.date
) -> sa.ColumnElement[bool]:
    return column.between(today - BEHIND, today + AHEAD)


def _found(day: dt.date | None) -> dt.date:
    assert day is not None  # noqa: S101 - the row was found by it
    return day


def _tasks(user: User, today: dt.date) -> Iterator[Entry]:
    rows = db.session.execute(
        sa.select(Task, Deal.name, Deal.code, Deal.walled, SHOWN_NAME)
        .outerjoin(Deal, Deal.id == Task.deal_id)
        .outerjoin(Company, Company.id == Task.company_id)
        .where(
            Task.owner_id == user.id,
            Task.done_at.is_(None),
            _window(Task.due_on, today),
            sight.visible_tied(user, Task),
        )
        .order_by(Task.due_on, Task.id)
        .limit(MOST)
    )
    for task, deal, code, walled, company in rows:
        path = f"/deals/{task.deal_id}" if task.deal_id else f"/companies/{task.company_id}"
        if not task.deal_id and not task.company_id:
            path = "/"
        title, about = (code, "") if walled else (task.title, deal or company or "")
        yield Entry(
            f"task-{task.id}", Kind.TASK, _found(task.due_on), title, about, path, task.created_at
        )


def _deals(user: User, today: dt.date) -> Iterator[Entry]:
    step = sa.and_(Deal.status == Status.ACTIVE.value, _window(Deal.next_step_on, today))
    back = sa.and_(Deal.status == Status.ON_HOLD.value, _window(Deal.revisit_on, today))
    rows = db.session.scalars(
        sa.select(Deal)
        .where(Deal.owner_id == user.id, sa.or_(step, back), sight.visible(user))
        .order_by(Deal.id)
        .limit(MOST)
    )
    for deal in rows:
        held = deal.status == Status.ON_HOLD.value
        kind, day = (Kind.REVISIT, deal.revisit_on) if held else (Kind.NEXT_STEP, deal.next_step_on)
        title = deal.code if deal.walled else deal.name
        about = "" if held or deal.walled else deal.next_step
        key = f"deal-{deal.id}-{kind.value}"
        yield Entry(key, kind, _found(day), title, about, f"/deals/{deal.id}", deal.updated_at)


def _claims(user: User, today: dt.date) -> Iterator[Entry]:
    """Claims that the person stands behind."""
    rows = db.session.execute(
        sa.select(Tag, SHOWN_NAME)
        .join(Company, Company.id == Tag.company_id)
        .where(
            chokepoint.stood(Tag),
            Tag.state == TagState.CONFIRMED.value,
            Tag.recorded_by_id == user.id,
            _window(Tag.recheck_on, today),
            companies.visible(user),
        )
        .order_by(Tag.recheck_on, Tag.id)
        .limit(MOST)
    )
    titles = technology_titles()
    for tag, company in rows:
        title = f"{company} · {title_of(titles[tag.technology])}"
        key = f"claim-{tag.company_id}-{tag.technology}"
        path = f"/companies/{tag.company_id}/technologies/{tag.technology}"
        yield Entry(key, Kind.RECHECK, _found(tag.recheck_on), title, "", path, tag.recorded_at)


def _certificates(user: User, today: dt.date) -> Iterator[Entry]:
    """Recognitions of the companies that the person looks after."""
    owned = sa.select(Deal.company_id).where(
        Deal.owner_id == user.id, Deal.walled.is_(False), Deal.deleted_at.is_(None)
    )
    rows = db.session.execute(
        sa.select(Figure, SHOWN_NAME)
        .join(Company, Company.id == Figure.company_id)
        .where(
            Figure.company_id.in_(owned),
            Figure.metric.in_(granted_targets()),
            Figure.choice == GRANTED,
            Figure.superseded_at.is_(None),
            Figure.disputed.is_(False),
            _window(Figure.valid_until, today),
            companies.visible(user),
        )
        .order_by(Figure.valid_until, Figure.id)
        .limit(MOST)
    ).all()
    keeper = keepers({figure.company_id for figure, _ in rows})
    for figure, company in rows:
        if keeper.get(figure.company_id) != user.id:
            continue
        title = f"{company} · {title_of(granted_targets()[figure.metric])}"
        key = f"certificate-{figure.company_id}-{figure.metric}"
        path = f"/companies/{figure.company_id}/readiness"
        yield Entry(
            key,
            Kind.CERTIFICATE,
            _found(figure.valid_until),
            title,
            figure.source,
            path,
            figure.recorded_at,
        )


def _meetings(user: User, today: dt.date) -> Iterator[Entry]:
    """Meetings that the person attends, those too that were cancelled: a calendar has them already."""
    since, until = start_of(today - BEHIND), start_of(today + AHEAD)
    for coming in attended_between(user, since, until, MOST):
        meeting = coming.meeting
        cancelled = meeting.state == State.CANCELLED.value
        title = name_of(meeting)
        yield Entry(
            f"meeting-{meeting.id}",
            Kind.MEETING,
            local_date(meeting.starts_at),
            _("cancelled: %(title)s", title=title) if cancelled else title,
            meeting.reason if cancelled else meeting.online_link,
            coming.path,
            meeting.updated_at,
            Appointment(
                meeting.starts_at,
                meeting.ends_at,
                meeting.place,
                meeting.version - 1,
                Standing.CANCELLED if cancelled else Standing.CONFIRMED,
            ),
            _agenda(coming),
        )


def _agenda(coming: Coming) -> tuple[str, ...]:
    return tuple(
        f"{line.number}. {line.code if line.walled else line.name} · {asked(line)}"
        for line in coming.lines
    )
