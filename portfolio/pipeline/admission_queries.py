"""Whether a deal may make the move it is asked to: all that speaks against it, at once."""

import datetime as dt
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from portfolio.extensions import db
from portfolio.kernel.dates import local_date
from portfolio.kernel.errors import InputError
from portfolio.people.models import User
from portfolio.pipeline import check_operations as checks
from portfolio.pipeline import gate_queries, queries
from portfolio.pipeline import sight_queries as sight
from portfolio.pipeline.flow import Pipeline
from portfolio.pipeline.gates import NO_ANSWERS, Answers, GateMissing, Standing, unmet
from portfolio.pipeline.models import Deal, PipelineVersion
from portfolio.pipeline.refusals import Refused
from portfolio.pipeline.stages import Move

SHORTEST_OVERRIDE = 10


@dataclass(frozen=True)
class Admission:
    """Where a move leads, the conditions it leaves open, and what is wrong with it, if anything.

    `overridden` is what is kept of conditions left open: JSON of an override, "" without one.
    """

    stage: str
    status: str
    left: tuple[Standing, ...] = ()
    overridden: str = ""
    faults: tuple[InputError, ...] = ()


def require(actor: User | None, permission: str, deal: Deal) -> None:
    """Raise Refused unless the person holds the permission over the deal.

    The system itself (a command without a person) may write, but override nothing.
    """
    allowed = permission == "deal.write" if actor is None else sight.may(actor, permission, deal)
    if not allowed:
        raise Refused


def require_right(pipeline: Pipeline, deal: Deal, wanted: Move, actor: User | None) -> None:
    """Raise Refused with the move's name when it needs a right that the person does not have."""
    rule = pipeline.moves.get(wanted.kind)
    if rule is None or not rule.permission:
        return
    try:
        require(actor, rule.permission, deal)
    except Refused as error:
        raise Refused("move.no_right", value=rule) from error


def with_kind(pipeline: Pipeline, deal: Deal, wanted: Move) -> Move:
    """Whoever names only a stage (the board, a list) means the kind of move that leads there, and
    whoever names nothing the foremost one. Raises InputError when no move leads there."""
    if wanted.kind:
        return wanted
    if wanted.to_stage:
        return replace(wanted, kind=pipeline.kind_of(deal.stage, wanted.to_stage, deal.status))
    return replace(wanted, kind=pipeline.foremost(deal.stage, deal.status))


def admission(
    deal: Deal,
    pipeline: Pipeline,
    wanted: Move,
    actor: User | None,
    now: dt.datetime,
    answers: Answers,
) -> Admission:
    """How a move stands whose kind is known, with what is answered along with it.

    Faults, in the order of the form: the codes of `Pipeline.faults` and of items, `reason.short`,
    Refused, GateMissing. Raises InputError `check.unknown`.
    """
    found = list(pipeline.faults(deal.stage, deal.status, wanted, local_date(now)))
    found += checks.faults(deal, pipeline, answers.items, actor)
    goal = pipeline.goal(deal.stage, deal.status, wanted)
    if goal is None:
        return Admission(deal.stage, deal.status, faults=tuple(found))
    rule = pipeline.moves[wanted.kind]
    left = unmet(gate_queries.gate_of(deal, pipeline, goal, answers))
    overrides = rule.override or bool(left and wanted.override)
    if overrides:
        found += _override_faults(deal, wanted, actor)
    elif left:
        found.append(GateMissing(left))
    return Admission(goal, rule.to_status, left, _kept(left) if overrides else "", tuple(found))


def _override_faults(deal: Deal, wanted: Move, actor: User | None) -> Iterator[InputError]:
    try:
        require(actor, "deal.override", deal)
    except Refused as refusal:
        yield refusal
    if len((wanted.override or wanted.note).strip()) < SHORTEST_OVERRIDE:
        yield InputError("reason.short", minimum=SHORTEST_OVERRIDE)


def _kept(left: Iterable[Standing]) -> str:
    rows = [
        {"stage": c.stage, "key": c.key, "zh": c.zh, "en": c.en}
        for c in (standing.condition for standing in left)
    ]
    return json.dumps(rows, ensure_ascii=False)


def admitted(
    deal: Deal, wanted: Move, actor: User | None, now: dt.datetime, answers: Answers = NO_ANSWERS
) -> tuple[Pipeline, Move, Admission]:
    """The move under the deal's pipeline, with its kind, and where it leads; nothing is written.

    Raises Refused or InputError with the first thing that is wrong (`admission` knows all),
    GateMissing among them.
    """
    require(actor, "deal.write", deal)
    pipeline = queries.pipeline_of(db.session.get_one(PipelineVersion, deal.pipeline_id))
    wanted = with_kind(pipeline, deal, wanted)
    require_right(pipeline, deal, wanted, actor)
    found = admission(deal, pipeline, wanted, actor, now, answers)
    for fault in found.faults:
        raise fault
    return pipeline, wanted, found
