"""Imports of deals: opened, changed and moved through the pipeline's own operations, row by row."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from portfolio.audit import operations as audit
from portfolio.extensions import db
from portfolio.intake.checks import Tell, silent
from portfolio.intake.choices import Choices
from portfolio.intake.company_operations import change_row
from portfolio.intake.lookup_queries import Lookup, Trade, acting, known_deals
from portfolio.intake.models import ImportBatch, ImportChange
from portfolio.intake.record_plan import Item, RecordPlan, repeated, settle
from portfolio.intake.rows import Finding, Row, refused_by
from portfolio.kernel import money
from portfolio.kernel.errors import InputError
from portfolio.kernel.parts import in_parts
from portfolio.people import policy
from portfolio.people.models import User
from portfolio.pipeline import operations as deals
from portfolio.pipeline import queries as pipeline
from portfolio.pipeline import sight_queries as sight
from portfolio.pipeline.models import Deal, PipelineVersion
from portfolio.pipeline.stages import Move

PLAIN = ("trl", "risks", "next_step", "next_step_on", "lead_investor")
AMOUNTS = ("round_size_fen", "amount_fen", "pre_money_fen")
# Which column is to blame for a refusal.
BLAMED = {
    "pipeline": "pipeline",
    "vehicle": "vehicle",
    "person": "owner",
    "recusal": "owner",
    "option": "round",
    "stage": "stage",
    "move": "stage",
    "gate": "stage",
    "trl": "trl",
    "row": "company",
    "name": "name",
}


class Planner:
    """Plans rows of deals against what is there, as the importing person may know and change it."""

    def __init__(self, rows: Sequence[Row], choices: Choices, actor: User | None) -> None:
        self.plan = RecordPlan(choices, rows=len(rows))
        self.actor = actor
        self.sound = [row for row in rows if not row.refusals]
        self.lookup = Lookup(self.sound, actor)
        self.trade = Trade()
        self.known = self._known()
        self.words: dict[tuple[str, Any], str] = {}
        for vehicle in self.trade.vehicles:
            self.words["vehicle_id", vehicle.id] = vehicle.name_zh
        for name, ids in self.lookup.people.items():
            for person in ids:
                if "@" not in name:
                    self.words["owner_id", person] = name

    def _known(self) -> dict[tuple[Any, ...], Deal]:
        """Deals without a number in the file, by company, name and target: the very same again."""
        ids = sorted(self.lookup.companies())
        found: dict[tuple[Any, ...], Deal] = {}
        query = sa.select(Deal).where(known_deals(self.actor)).order_by(Deal.id.desc())
        for part in in_parts(ids):
            for deal in db.session.scalars(query.where(Deal.company_id.in_(part))):
                found[(deal.company_id, None, deal.name)] = deal
        for deal in db.session.scalars(query.where(Deal.target_vehicle_id.is_not(None))):
            found[(None, deal.target_vehicle_id, deal.name)] = deal
        return found

    def run(self, rows: Sequence[Row]) -> RecordPlan:
        """The plan for all the rows."""
        read = [(row, self._target(row)) for row in rows]
        keyed = [(None if isinstance(key, Finding) else key, row) for row, key in read]
        against = repeated(keyed)
        done: set[Any] = set()
        for row, key in read:
            self.plan.warnings += row.warnings
            refusals = row.refusals or against.get(row.number, [])
            if isinstance(key, Finding):
                refusals = [key]
            if refusals:
                self.plan.refused += refusals
            elif key not in done:
                done.add(key)
                self._plan_row(row, key)
        return self.plan

    def _plan_row(self, row: Row, key: Any) -> None:
        try:
            self.plan.items.append(self._item(row, key))
        except InputError as error:
            self.plan.refused.append(_finding(row.number, error))

    def _target(self, row: Row) -> Any:
        """What the row is about: (deal,) or (company, sub-fund, name); a finding when it is
        about nothing."""
        if row.refusals:
            return None
        try:
            deal = self.lookup.deal(row)
            if deal is not None:
                return (deal.id,)
            target = row.columns.get("target")
            vehicle_id = self.trade.vehicle(target) if target else None
            company = self.lookup.company(row) if vehicle_id is None else None
            if company is None and vehicle_id is None:
                raise InputError("deal.one_target")
            return (company.id if company else None, vehicle_id, row.columns.get("name", ""))
        except InputError as error:
            return _finding(row.number, error)

    def _item(self, row: Row, key: tuple[Any, ...]) -> Item:
        number = row.columns.get("deal")
        deal = self.lookup.deals[number] if number else self.known.get(key)
        if deal is None:
            return self._fresh(row, key)
        writable = self.actor is None or sight.may(self.actor, "deal.write", deal)
        if not writable:
            raise InputError("deal.refused")
        item = Item(row.number, deal.name, deal.id)
        said = self._said(row, deal.pipeline_id)
        held_in = self.trade.pipelines[deal.pipeline_id].stage(deal.stage)
        self.words["stage", held_in.key] = held_in.zh
        held = {name: getattr(deal, name) for name in said}
        settle(self.plan, row, item, held, said, self._written)
        return item

    def _fresh(self, row: Row, key: tuple[Any, ...]) -> Item:
        if self.actor is not None and not self.actor.may("deal.create"):
            raise InputError("deal.refused")
        if not key[2]:
            raise InputError("name.missing")
        opened_in = self.trade.pipeline(row.columns.get("pipeline"))
        said = self._said(row, opened_in.id)
        if "vehicle_id" not in said:
            said["vehicle_id"] = self.trade.vehicle(None)
        if "owner_id" not in said:
            said["owner_id"] = self.lookup.person(None)
        said["name"] = key[2]
        item = Item(row.number, key[2], values=said)
        item.extra = {"company_id": key[0], "target_vehicle_id": key[1], "pipeline": opened_in}
        item.extra["note"] = row.columns.get("reason", "")
        return item

    def _said(self, row: Row, pipeline_id: int) -> dict[str, Any]:
        """The columns of the deal that the row names, in the deal's own terms."""
        columns = row.columns
        said = {name: columns[name] for name in ("name", *PLAIN, *AMOUNTS) if name in columns}
        if "vehicle" in columns:
            said["vehicle_id"] = self.trade.vehicle(columns["vehicle"])
        if "owner" in columns:
            said["owner_id"] = self.lookup.person(columns["owner"])
        if "round" in columns:
            said["round"] = self.trade.round(columns["round"])
        if "stage" in columns:
            stage = self.trade.stage(pipeline_id, columns["stage"])
            said["stage"] = stage.key
            self.words["stage", stage.key] = stage.zh
        _check_amounts(said)
        return said

    def _written(self, name: str, value: Any) -> str:
        if name in AMOUNTS:
            return f"{money.wan(value)}万元"
        return self.words.get((name, value), str(value))


def _check_amounts(said: Mapping[str, Any]) -> None:
    part, whole = said.get("amount_fen"), said.get("round_size_fen")
    if part is not None and whole is not None and part > whole:
        raise InputError("figure.part_exceeds_whole")


def _finding(row: int, error: InputError) -> Finding:
    return refused_by(error, row, BLAMED.get(error.code.split(".")[0], "deal"))


def plan_deals(rows: Sequence[Row], choices: Choices, actor: User | None) -> RecordPlan:
    """Decide for every sound row whether it opens a deal, changes one, or adds nothing."""
    return Planner(rows, choices, actor).run(rows)


def apply_deals(
    batch: ImportBatch,
    plan: RecordPlan,
    actor: User | None,
    now: dt.datetime,
    tell: Tell = silent,
) -> None:
    """Open, change and move. A refusal of the pipeline takes the row back and becomes its finding;
    the plan's items are those that were written."""
    written, changes = [], []
    for done, item in enumerate(plan.items):
        try:
            with audit.trial():
                deal = _write(batch, item, actor, now)
        except InputError as error:
            plan.refused.append(_finding(item.row, error))
            continue
        written.append(item)
        if deal is not None:
            changes.append((deal, item))
        tell(done)
    plan.items = written
    rows = [_change(batch, deal, item) for deal, item in changes]
    if rows and batch.id:
        db.session.execute(sa.insert(ImportChange), rows)


def _write(batch: ImportBatch, item: Item, actor: User | None, now: dt.datetime) -> Deal | None:
    if item.known is not None and not item.values:
        return None
    values = dict(item.values)
    stage = values.pop("stage", None)
    owner_id = values.pop("owner_id", None)
    terms = {name: values.pop(name) for name in deals.TERMS if name in values}
    if item.known is None:
        deal = _open(item, values, terms, owner_id, actor, now)
    else:
        deal = db.session.get_one(Deal, item.known)
        deals.change(deal, values, acting(actor), now)
        if terms:
            deals.state_terms(deal, terms, actor, now, source=batch.filename)
        if owner_id is not None:
            deals.set_team(deal, [m.user_id for m in deal.members], owner_id, now)
    if stage is not None:
        advance(deal, stage, item.extra.get("note") or batch.filename, actor, now)
    db.session.flush()
    return deal


def _open(
    item: Item,
    values: dict[str, Any],
    terms: dict[str, Any],
    owner_id: int,
    actor: User | None,
    now: dt.datetime,
) -> Deal:
    """Whoever may change only own deals is on the team of those they enter for others."""
    own = actor is not None and policy.ALL not in actor.scopes("deal.write")
    return deals.open_deal(
        name=values.pop("name"),
        pipeline=item.extra["pipeline"],
        vehicle_id=values.pop("vehicle_id"),
        owner_id=owner_id,
        actor=actor,
        now=now,
        company_id=item.extra["company_id"],
        target_vehicle_id=item.extra["target_vehicle_id"],
        team=(actor.id,) if own and actor else (),
        terms=terms,
        values=values,
    )


def advance(deal: Deal, wanted: str, note: str, actor: User | None, now: dt.datetime) -> None:
    """Move a deal to a stage as a person would, one stage after the other; the rules of each move
    hold. Raises what the pipeline refuses."""
    definition = pipeline.pipeline_of(db.session.get_one(PipelineVersion, deal.pipeline_id))
    while deal.stage != wanted:
        here, there = definition.stage(deal.stage), definition.stage(wanted)
        following = here.position + (1 if there.position > here.position else -1)
        target = definition.stages[following].key
        deals.move(deal, Move("", to_stage=target, note=note), acting(actor), now)


def _change(batch: ImportBatch, deal: Deal, item: Item) -> dict[str, Any]:
    after = {name: audit.plain(getattr(deal, name)) for name in item.values}
    before = {name: audit.plain(value) for name, value in item.before.items()}
    after["version"] = deal.version
    return change_row(batch, "deal", deal.id, item.known is None, before, after)
