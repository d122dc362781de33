"""What those who run and oversee the house read: acts of the audit trail, its head, mails that failed,
the quality of the data."""

import datetime as dt
import json
from collections import Counter
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from portfolio.audit import queries as audit
from portfolio.audit.models import AuditEntry, AuditHead
from portfolio.companies.gap_queries import GAPS, UNDECIDED
from portfolio.companies.merge_queries import unmerged
from portfolio.companies.models import Company, Figure
from portfolio.digest import house_lines
from portfolio.digest.compose import Part, part_of
from portfolio.digest.kinds import KINDS
from portfolio.digest.models import DigestMessage, DigestRun, DigestSchedule, DigestSubscription
from portfolio.digest.readers import Acts, readers
from portfolio.digest.shared_queries import Asked
from portfolio.digest.states import MessageState
from portfolio.extensions import db
from portfolio.kernel.dates import local_date
from portfolio.people import queries as people
from portfolio.people.models import User
from portfolio.people.policy import ROLES
from portfolio.pipeline import sight_queries as sight
from portfolio.pipeline.models import Deal, GrantKind

HASH_SHOWN = 12
GRANTS = GrantKind._value2member_map_


def acts_in(asked: Asked, acts: Acts, since: dt.datetime, until: dt.datetime) -> Sequence[Any]:
    """The entries of some acts in a time, the newest first; none about deals that the reader may not
    know of."""
    rows = asked.shared.once(("acts", since, until), lambda: _entries(since, until))
    eyes = asked.sight
    return [
        row
        for row in rows
        if acts.fit(row.action, row.object_type, row.before)
        and (row.deal_id is None or (row.there and eyes.sees(row.deal_id, row.walled)))
    ]


def acts_of(
    asked: Asked, acts: Acts, since: dt.datetime, until: dt.datetime
) -> dict[tuple[Any, ...], list[Any]]:
    """The same by act: what somebody did at one moment may have several entries."""
    found: dict[tuple[Any, ...], list[Any]] = {}
    for row in acts_in(asked, acts, since, until):
        found.setdefault((row.at, row.actor_id, row.actor_name, row.action), []).append(row)
    return found


def _entries(since: dt.datetime, until: dt.datetime) -> Sequence[Any]:
    entry, every = AuditEntry, readers().acts.values()
    actions = {name for acts in every for name in acts.actions}
    kinds = {name for acts in every for name in acts.kinds}
    columns = {
        (kind, name) for acts in every for kind, names in acts.columns.items() for name in names
    }
    aside = {kind for acts in every for kind in acts.but}
    query = (
        sa.select(
            *(entry.seq, entry.at, entry.actor_id, entry.actor_name, entry.action),
            *(entry.object_type, entry.object_id, entry.deal_id, entry.after, entry.before),
            Deal.walled,
            sa.and_(Deal.id.is_not(None), Deal.deleted_at.is_(None)).label("there"),
        )
        .outerjoin(Deal, Deal.id == entry.deal_id)
        .where(
            entry.at > since,
            entry.at <= until,
            sa.or_(
                sa.and_(entry.action.in_(actions), entry.object_type.not_in(aside)),
                entry.object_type.in_(kinds),
                *(
                    sa.and_(entry.object_type == kind, entry.before.contains(f'"{name}"'))
                    for kind, name in sorted(columns)
                ),
            ),
        )
        .order_by(entry.seq.desc())
    )
    return db.session.execute(query).all()


def exports(asked: Asked) -> Part:
    """Who took files out, and how often."""
    by_person: dict[tuple[int | None, str], Counter[str]] = {}
    acts = acts_of(asked, readers().acts["exports"], asked.since, asked.until)
    for _, number, name, action in acts:
        by_person.setdefault((number, name), Counter())[action] += 1
    days = {"since": local_date(asked.since), "until": local_date(asked.until)}
    told = [
        house_lines.PersonLine(
            f"/audit?{urlencode({'person': number or 0, **days})}",
            *(name, counts.total(), tuple(counts.most_common())),
        )
        for (number, name), counts in by_person.items()
    ]
    return part_of(sorted(told, key=lambda line: (-line.count, line.name)), asked.cut)


def access(asked: Asked) -> Part:
    """Whose rights changed: accounts, roles, agendas, recusals, walls, glass that was broken."""
    return told_acts(asked, readers().acts["access"])


def told_acts(asked: Asked, kinds: Acts) -> Part:
    """Some acts of the window, each with what it was done to."""
    acts = acts_of(asked, kinds, asked.since, asked.until)
    shown = asked.cut.of([*acts.values()])
    values = {row.seq: _values(row) for rows in shown for row in rows}
    ids = {row.deal_id for rows in shown for row in rows if row.deal_id is not None}
    shown_name = sa.case((Deal.walled, Deal.code), else_=Deal.name).label("name")
    named = sa.select(Deal.id, shown_name).where(Deal.id.in_(ids), sight.visible(asked.user))
    names = {row.id: row.name for row in db.session.execute(named)}
    users = people.names_of({v["user_id"] for v in values.values() if v.get("user_id")})
    return Part([_act(rows, values, users, names) for rows in shown], len(acts))


def _values(row: Any) -> dict[str, Any]:
    """What an entry says of its object: as it is, or was where it is no more."""
    said = {**json.loads(row.before), **json.loads(row.after)}
    if row.object_type == "user":
        said["user_id"] = row.object_id
    return said


def _act(
    rows: Sequence[Any], values: dict[int, Any], users: dict[int, str], names: dict[int, str]
) -> house_lines.ActLine:
    first, said = rows[0], [values[row.seq] for row in rows]
    deals = {row.deal_id for row in rows if row.deal_id in names}
    about = [names[number] for number in sorted(deals)]
    about += [users[number] for v in said if (number := v.get("user_id")) in users]
    roles = {v["role"]: ROLES[v["role"]] for v in said if v.get("role") in ROLES}
    grants = {v["kind"]: GRANTS[v["kind"]] for v in said if v.get("kind") in GRANTS}
    asks = {"action": first.action, "since": local_date(first.at), "until": local_date(first.at)}
    return house_lines.ActLine(
        f"/audit?{urlencode(asks)}",
        *(first.at, first.actor_name, first.action),
        tuple(dict.fromkeys(about)),
        (*roles.values(), *grants.values()),
        frozenset(deals),
        frozenset(row.deal_id for row in rows if row.walled and row.deal_id in names),
    )


def chain(asked: Asked) -> Part:
    """The head of the audit trail, and up to where it was checked."""
    line = asked.shared.once("chain", _chain)
    return Part([line], 1)


def broken(asked: Asked) -> Part:
    """The chain, where it is not whole."""
    line = asked.shared.once("chain", _chain)
    return Part() if line.broken is None else Part([line], 1)


def _chain() -> house_lines.ChainLine:
    head = db.session.execute(sa.select(AuditHead.seq, AuditHead.hash)).first()
    checks = [check for check in audit.last_checks() if check is not None]
    at_fault = (check.broken_seq for check in checks if check.broken_seq is not None)
    return house_lines.ChainLine(
        "/audit",
        head.seq if head else 0,
        head.hash[:HASH_SHOWN] if head else "",
        max((check.at for check in checks), default=None),
        max((check.to_seq for check in checks), default=0),
        next(at_fault, None),
    )


def failures(asked: Asked) -> Part:
    """The mails that were given up in the window and not sent again since, the newest first."""

    def ask() -> Part:
        message, again = DigestMessage, aliased(DigestMessage)
        where = sa.and_(
            message.state == MessageState.FAILED.value,
            message.next_attempt_at > asked.since,
            message.next_attempt_at <= asked.until,
            ~sa.exists().where(again.resend_of == message.id),
        )
        total = db.session.scalar(sa.select(sa.func.count()).select_from(message).where(where))
        rows = db.session.execute(
            sa.select(
                *(message.id, message.address, DigestSchedule, DigestRun),
                *(message.last_code, message.last_text),
            )
            .join(DigestRun, DigestRun.id == message.run_id)
            .join(DigestSchedule, DigestSchedule.id == DigestRun.schedule_id)
            .where(where)
            .order_by(message.id.desc())
            .offset(asked.cut.first)
            .limit(asked.cut.most)
        )
        # Not its subject, which may name what is for its reader alone.
        told = [
            house_lines.FailureLine(
                *(f"/digests/messages/{number}", address, schedule.title),
                *((schedule.kind, run.label, schedule.month_day), code, words),
            )
            for number, address, schedule, run, code, words in rows
        ]
        return Part(told, total or 0)

    return asked.shared.once(("failures", asked.since, asked.until, asked.cut), ask)


def unsubscribed(asked: Asked) -> Part:
    """Who ended the mail of a kind in the window and has not taken it up again, the newest first."""
    choice = DigestSubscription
    rows = db.session.execute(
        sa.select(User.id, User.name, DigestSchedule.kind, choice.changed_at, choice.how)
        .join(User, User.id == choice.user_id)
        .join(DigestSchedule, DigestSchedule.id == choice.schedule_id)
        .where(
            choice.since.is_(None),
            choice.changed_at > asked.since,
            choice.changed_at <= asked.until,
        )
        .order_by(choice.changed_at.desc(), choice.id)
    )
    # Whoever ends a kind ends the house's schedules of it and the own one in one act.
    by_kind = {(row.id, row.kind): row for row in rows}
    told = [
        house_lines.UnsubscribedLine(row.name, KINDS[kind], row.changed_at, row.how == "link")
        for (_, kind), row in by_kind.items()
    ]
    return part_of(told, asked.cut)


def quality(asked: Asked) -> Part:
    """How many companies lack what tells them from others, how many figures wait for a decision."""
    opens = asked.user.may("company.read")
    return asked.shared.once(("quality", opens), lambda: _quality(opens))


def _quality(opens: bool) -> Part:
    company = sa.select(sa.func.count()).select_from(Company).where(unmerged())
    disputed = sa.select(sa.func.count()).select_from(Figure).where(UNDECIDED)
    counts = {
        what: db.session.scalar(disputed if what == "disputed" else company.where(lacks)) or 0
        for what, lacks in GAPS.items()
    }
    found = [
        house_lines.QualityLine(f"/companies?lacks={what}" if opens else "/", what, count)
        for what, count in counts.items()
    ]
    told = [line for line in found if line.count]
    return Part(told, len(told))
