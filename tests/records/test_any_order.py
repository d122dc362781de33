"""Edits, moves, imports, merges, deletions, restorations and undos in any order agree with a model."""

import datetime as dt
import itertools
import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from portfolio.audit import queries as audit
from portfolio.companies import merge_operations as merging
from portfolio.companies import operations as companies
from portfolio.companies import record_operations
from portfolio.companies.merging import Choices as Chosen
from portfolio.companies.models import Company, CompanyMerge, CompanySearch, Contact
from portfolio.extensions import db, unit_of_work
from portfolio.intake import operations as intake
from portfolio.intake import undo_operations as intake_undo
from portfolio.intake.choices import TAKE, Choices
from portfolio.intake.models import ImportBatch, Kind
from portfolio.journal import operations as journal
from portfolio.journal.models import Act
from portfolio.kernel.errors import InputError
from portfolio.pipeline import operations, queries, undo_operations
from portfolio.pipeline import sight_queries as sight
from portfolio.pipeline.happened import happened
from portfolio.pipeline.models import Deal
from portfolio.pipeline.stages import Move
from portfolio.records import operations as records
from tests import factories

START = dt.datetime(2026, 11, 23, 1, 0, tzinfo=dt.UTC)
texts = st.sampled_from(["", "崂山", "即墨", "城阳"])
picks = st.integers(0, 10**6)
WHY = "合伙人会议决定先行推进此项目"
# The ways of a deal and what each needs to be said; a plain table beside the definition.
MOVES: dict[str, dict[str, Any]] = {
    "forward": {"override": WHY},
    "back": {"note": WHY},
    "skip": {"note": WHY},
    "hold": factories.WHY_HELD | {"revisit_on": (START + dt.timedelta(days=30)).date()},
    "resume": {},
    "reject": factories.WHY_NOT,
    "reopen": {"evidence": WHY, "override": WHY},
}
STEPS = {"forward": 1, "back": -1, "skip": 2}
STAGES = [
    *("lead", "pool", "screening", "initiation", "dd", "pre_review", "ic", "signing"),
    *("closing", "post", "exit", "closed"),
]
LATE = STAGES[STAGES.index("closing") :]
FIELD = {"company": (Company, "place"), "deal": (Deal, "next_step")}


def leads(kind: str, stage: str, status: str) -> tuple[str, str] | None:
    """Where a move leads a deal, stage and status; None where there is no such way."""
    if kind in {"resume", "reopen"}:
        held = {"resume": "on_hold", "reopen": "rejected"}[kind]
        return ("pool" if kind == "reopen" else stage, "active") if status == held else None
    if status != "active":
        return None
    if kind in STEPS:
        to = STAGES.index(stage) + STEPS[kind]
        barred = kind == "back" and stage in LATE[1:]
        return (STAGES[to], "active") if 0 <= to < len(STAGES) and not barred else None
    return None if stage in LATE else (stage, {"hold": "on_hold", "reject": "rejected"}[kind])


NAMED = itertools.count(1)  # of all examples: they share a database


@dataclass
class Thing:
    """One row of the model: what it says, and a number that every write renews."""

    token: int
    value: Any


@dataclass
class Done:
    """One act of the model: its things before and after; `move` and `merge` mark such acts."""

    act_id: int
    things: dict[Any, tuple[Thing | None, Thing | None]] = field(default_factory=dict)
    move: Any = None
    merge: "Merged | None" = None


@dataclass
class Merged:
    """A merge of the model: the two, the contacts that went over, and the state it left."""

    survivor: Any
    merged: Any
    contacts: list[Any]
    state: dict[Any, int | None]


@dataclass
class Imported:
    """One import of the model: the thing it wrote, before and after; `writes` counts those of a
    deal up to it."""

    batch_id: int
    key: Any
    before: Thing | None
    after: Thing
    writes: int = 0


class AnyOrder(RuleBasedStateMachine):
    cast: dict[str, Any] = {}

    def __init__(self) -> None:
        super().__init__()
        self.numbers = itertools.count(1)
        self.actor = self.cast["partner"]
        self.things: dict[Any, Thing | None] = {}
        self.done: list[Done] = []
        self.imports: list[Imported] = []
        self.merges: list[Merged] = []
        self.moves: dict[int, list[int]] = {}
        self.writes: Counter[Any] = Counter()
        for _ in range(2):
            company = factories.company(self.actor)
            self.things["company", company.id] = self.thing("")
            with unit_of_work("seed", self.actor):
                rows = [Contact(company_id=company.id, name=f"人{n}") for n in range(2)]
                db.session.add_all(rows)
        self.parents = {
            ("contact", c.id): ("company", c.company_id)
            for c in db.session.query(Contact)
            if ("company", c.company_id) in self.things
        }
        self.things |= {key: self.contact(key, "") for key in self.parents}
        deal = factories.deal(self.actor, START)
        self.things["deal", deal.id] = self.thing((("lead", "active"), ""))
        self.moves[deal.id] = []

    def thing(self, value: Any) -> Thing:
        return Thing(next(self.numbers), value)

    def contact(self, key: Any, position: str) -> Thing:
        """A contact has no time of change: the same words at the same company are the same row."""
        return Thing(hash((position, self.parents[key])), position)

    def now(self) -> dt.datetime:
        return START + dt.timedelta(seconds=next(self.numbers))

    def pick(self, kind: str, number: int) -> Any:
        found = sorted(k for k, t in self.things.items() if k[0] == kind and t is not None)
        return found[number % len(found)] if found else None

    def write(self, act: Act | None, after: dict[Any, Thing | None], move: Any = None) -> None:
        if act is None:
            return
        pairs = {key: (self.things[key], thing) for key, thing in after.items()}
        self.things.update(after)
        self.done.append(Done(act.id, pairs, move))

    @rule(number=picks, place=texts)
    def edit_company(self, number: int, place: str) -> None:
        if (key := self.pick("company", number)) is None:
            return
        now = self.now()
        with (
            unit_of_work("company.change", self.actor),
            journal.keeping(
                "company.change", "company", key[1], self.actor, now, company_id=key[1]
            ) as kept,
        ):
            companies.update(db.session.get_one(Company, key[1]), {"place": place}, now)
        self.write(kept.act, {key: self.thing(place)})

    def take_in(self, text: str, kind: Kind = Kind.COMPANIES) -> int:
        """Import a file as the web does; answers the number of its batch."""
        content, now = text.encode(), self.now()
        prepared = intake.prepare(content, {}, kind.value, Choices(TAKE), self.actor)
        with unit_of_work("import", self.actor):
            batch = intake.keep_upload(content, "x.csv", self.actor, now, kind.value)
            intake.apply(batch, prepared, self.actor, now, sound_rows_only=False)
        return batch.id

    @rule(number=picks, place=texts.filter(bool))
    def import_a_place(self, number: int, place: str) -> None:
        if (key := self.pick("company", number)) is None:
            return
        company = db.session.get_one(Company, key[1])
        row = f"{company.uscc or ''},{company.name_zh},{place}"
        batch_id = self.take_in(f"统一社会信用代码,企业全称,所在地\n{row}\n")
        before = self.things[key]
        if before.value != place:
            self.things[key] = self.thing(place)
            self.imports.append(Imported(batch_id, key, before, self.things[key]))

    @rule(place=texts)
    def import_a_company(self, place: str) -> None:
        name = f"新进{next(NAMED)}号"
        batch_id = self.take_in(f"企业全称,所在地\n{name},{place}\n")
        key = "company", db.session.scalar(sa.select(Company.id).where(Company.name_zh == name))
        self.things[key] = self.thing(place)
        self.imports.append(Imported(batch_id, key, None, self.things[key]))

    @rule(text=texts.filter(bool))
    def import_a_step(self, text: str) -> None:
        if (key := self.pick("deal", 0)) is None:
            return
        before = self.things[key]
        code = db.session.get_one(Deal, key[1]).code
        batch_id = self.take_in(f"项目编号,下一步\n{code},{text}\n", Kind.DEALS)
        if before.value[1] != text:
            self.writes[key] += 1
            self.things[key] = self.thing((before.value[0], text))
            after = self.things[key]
            self.imports.append(Imported(batch_id, key, before, after, self.writes[key]))

    @rule(number=picks)
    def undo_import(self, number: int) -> None:
        if not self.imports:
            return
        wanted = self.imports[number % len(self.imports)]
        present = self.things[wanted.key]
        if wanted.key[0] == "deal":  # whatever was done with a deal since, even taken back, stands
            expected = present is not None and self.writes[wanted.key] == wanted.writes
        else:  # a company stands as imported while it says the same, whoever said so last
            expected = present is not None and present.value == wanted.after.value
            expected &= wanted.before is not None or not self.took_over(wanted.key)
        try:
            with unit_of_work("import.undo", self.actor):
                batch = db.session.get_one(ImportBatch, wanted.batch_id)
                intake_undo.undo(batch, self.actor, self.now())
            happened_so = True
        except InputError:
            happened_so = False
        db.session.expire_all()
        assert happened_so == expected, (wanted, self.things)
        if expected:
            self.imports.remove(wanted)
            self.writes[wanted.key] += 1
            again = wanted.before and self.thing(wanted.before.value)
            self.things[wanted.key] = again

    def took_over(self, key: Any) -> bool:
        """Whether a company has taken another over, which uses it while the merge stands."""
        return any(merge.survivor == key for merge in self.merges)

    @rule(number=picks, position=texts)
    def edit_contact(self, number: int, position: str) -> None:
        if (key := self.pick("contact", number)) is None:
            return
        company = self.parents[key][1]
        with (
            unit_of_work("contact.change", self.actor),
            journal.keeping(
                "contact.change", "contact", key[1], self.actor, START, company_id=company
            ) as kept,
        ):
            record_operations.change(db.session.get_one(Contact, key[1]), {"position": position})
        if kept.act is not None:
            self.write(kept.act, {key: self.contact(key, position)})

    @rule(number=picks)
    def delete_contact(self, number: int) -> None:
        if (key := self.pick("contact", number)) is None:
            return
        with unit_of_work("contact.delete", self.actor):
            row = db.session.get_one(Contact, key[1])
            act = record_operations.delete(row, self.actor, self.now())
        self.write(act, {key: None})

    @rule(number=picks)
    def delete_company(self, number: int) -> None:
        if (key := self.pick("company", number)) is None:
            return
        row = db.session.get_one(Company, key[1])
        with unit_of_work("company.delete", self.actor):
            act = record_operations.delete_company(row, self.actor, self.now()).act
        gone = [k for k, parent in self.parents.items() if parent == key and self.things.get(k)]
        self.write(act, dict.fromkeys([key, *gone]))

    def state(self, *pair: Any) -> dict[Any, int | None]:
        """What two companies have of themselves, as one compares it before parting them again."""
        own = [*pair, *(key for key, parent in self.parents.items() if parent in pair)]
        return {key: self.tokened(self.things[key]) for key in own if self.things[key]}

    @rule(number=picks, other=picks)
    def merge_companies(self, number: int, other: int) -> None:
        one, two = self.pick("company", number), self.pick("company", other)
        if one is None or one == two:
            return
        rows = [db.session.get_one(Company, key[1]) for key in (one, two)]
        versions = (rows[0].version, rows[1].version)
        with unit_of_work("company.merge", self.actor):
            act = merging.merge(*rows, Chosen(), versions, self.actor, self.now()).act
        over = [k for k, parent in self.parents.items() if parent == two]
        before = {key: self.things[key] for key in (one, two, *over)}
        self.parents |= dict.fromkeys(over, one)
        place = before[one].value or before[two].value
        after = {one: self.thing(place), two: None}
        after |= {k: self.contact(k, self.things[k].value) for k in over if self.things[k]}
        self.things |= after
        pairs = {key: (before[key], self.things[key]) for key in before}
        merge = Merged(one, two, over, self.state(one, two))
        self.merges.append(merge)
        self.done.append(Done(act.id, pairs, merge=merge))

    @rule(text=texts)
    def edit_deal(self, text: str) -> None:
        if (key := self.pick("deal", 0)) is None:
            return
        now, deal = self.now(), db.session.get_one(Deal, key[1])
        self.writes[key] += 1
        with (
            unit_of_work("deal.change", self.actor),
            undo_operations.keeping_change(deal, self.actor, now) as kept,
        ):
            operations.change(deal, {"next_step": text}, self.actor, now)
        self.write(kept.act, {key: self.thing((self.things[key].value[0], text))})

    @rule(number=picks, kind=st.sampled_from([*FIELD]))
    def set_a_field_back(self, number: int, kind: str) -> None:
        """To what it was before any entry of the thing's own history."""
        if (key := self.pick(kind, number)) is None:
            return
        (model, column), now = FIELD[kind], self.now()
        entries = [e for e in audit.history(*key) if column in json.loads(e.before)]
        if not entries:
            return
        entry, row = entries[number % len(entries)], db.session.get_one(model, key[1])
        said = json.loads(entry.before)[column] or ""
        of = (key[1], None) if kind == "company" else (row.company_id, key[1])
        action, facts = f"{kind}.change", undo_operations.FACTS
        with (
            unit_of_work(action, self.actor),
            journal.keeping(action, *key, self.actor, now, "", *of, but=facts) as kept,
        ):
            records.set_back(row, entry, column, self.actor, now, row.version)
        self.writes[key] += 1
        value = said if kind == "company" else (self.things[key].value[0], said)
        self.write(kept.act, {key: self.thing(value)})

    @rule(kind=st.sampled_from([*MOVES, "forward", "skip"]))
    def move_deal(self, kind: str) -> None:
        if (key := self.pick("deal", 0)) is None:
            return
        deal = db.session.get_one(Deal, key[1])
        before = self.things[key]
        expected = leads(kind, *before.value[0])
        to_stage = expected[0] if expected and kind in STEPS else ""
        try:
            with unit_of_work("deal.move", self.actor):
                wanted = Move(kind, to_stage, **MOVES[kind])
                act = undo_operations.move(deal, wanted, self.actor, self.now())
        except InputError:
            db.session.expire_all()
            assert expected is None, (kind, before)
            return
        assert expected is not None, (kind, before)
        self.writes[key] += 1
        after = self.thing((expected, before.value[1]))
        self.things[key] = after
        self.moves[key[1]].append(act.id)
        self.done.append(Done(act.id, {key: (before, after)}, key[1]))

    @rule()
    def delete_deal(self) -> None:
        if (key := self.pick("deal", 0)) is None:
            return
        with unit_of_work("deal.delete", self.actor):
            deal = db.session.get_one(Deal, key[1])
            act = undo_operations.delete(deal, self.actor, self.now())
        self.writes[key] += 1
        self.write(act, {key: None})

    @rule(number=picks)
    def undo(self, number: int) -> None:
        if self.done:
            self.take_back(self.done[number % len(self.done)])

    @rule()
    def undo_the_latest(self) -> None:
        if self.done:
            self.take_back(self.done[-1])

    def take_back(self, done: Done) -> None:
        expected = self.may_undo(done)
        kept = db.session.get_one(Act, done.act_id)
        offered = journal.refusal(kept, self.actor, self.now()) is None
        assert offered == expected, "a list offers what works, and nothing else"
        db.session.rollback()
        try:
            with unit_of_work("act.undo", self.actor):
                act = db.session.get_one(Act, done.act_id)
                journal.undo(act, self.actor, self.now())
            happened_so = True
        except InputError:
            happened_so = False
        db.session.expire_all()
        assert happened_so == expected, (done, self.things)
        if not expected:
            return
        self.done.remove(done)
        self.writes.update(done.things.keys())
        if done.move is not None:
            self.moves[done.move].remove(done.act_id)
            (key, (before, _)) = next(iter(done.things.items()))
            self.things[key] = self.thing((before.value[0], self.things[key].value[1]))
            return
        if done.merge is not None:
            self.merges.remove(done.merge)
            self.parents |= dict.fromkeys(done.merge.contacts, done.merge.merged)
        for key, (before, _) in done.things.items():
            moved = key[0] == "contact" and before is not None
            self.things[key] = self.contact(key, before.value) if moved else before

    def may_undo(self, done: Done) -> bool:
        if done.move is not None:
            latest = self.moves[done.move][-1]  # of those that stand
            return latest == done.act_id and self.things["deal", done.move] is not None
        if done.merge is not None:
            return self.state(done.merge.survivor, done.merge.merged) == done.merge.state
        for key, (before, after) in done.things.items():
            if self.tokened(self.things[key]) != self.tokened(after):
                return False
            parent = self.parents.get(key)
            if before and parent and parent not in done.things and self.things[parent] is None:
                return False
        return True

    @staticmethod
    def tokened(thing: Thing | None) -> int | None:
        return thing.token if thing else None

    @invariant()
    def the_database_says_the_same(self) -> None:
        db.session.expire_all()
        ids = {kind: [k[1] for k in self.things if k[0] == kind] for kind in ("company", "contact")}
        found: dict[Any, Any] = {}
        merged = sa.select(CompanyMerge.merged_id)
        alive = sa.and_(Company.id.in_(ids["company"]), Company.id.not_in(merged))
        for row in db.session.query(Company).filter(alive):
            found["company", row.id] = row.place
        for row in db.session.query(Contact).filter(Contact.id.in_(ids["contact"])):
            found["contact", row.id] = row.position
            assert self.parents["contact", row.id] == ("company", row.company_id)
        for number in self.moves:
            if (deal := sight.get_visible(self.actor, number)) is not None:
                found["deal", number] = ((deal.stage, deal.status), deal.next_step)
        assert found == {key: t.value for key, t in self.things.items() if t is not None}
        indexed = sa.select(CompanySearch.company_id).where(
            CompanySearch.company_id.in_(ids["company"])
        )
        assert set(db.session.scalars(indexed)) == {k[1] for k in found if k[0] == "company"}
        for number in self.moves:
            events = queries.history(number)
            kept = happened(events)
            stage = db.session.scalar(sa.select(Deal.stage).where(Deal.id == number))
            assert kept[-1].to_stage == events[-1].to_stage == stage
        db.session.rollback()

    def teardown(self) -> None:
        assert audit.verify()[1] is None
        db.session.rollback()


def test_any_order_of_what_people_do_and_take_back_agrees_with_a_plain_model(app, cast) -> None:
    AnyOrder.cast = cast
    given = settings(
        max_examples=15,
        stateful_step_count=30,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],  # each step is a transaction
        phases=[Phase.explicit, Phase.generate],
    )
    run_state_machine_as_test(AnyOrder, settings=given)


def test_the_model_makes_every_move_there_is(app, cast) -> None:
    AnyOrder.cast = cast
    model = AnyOrder()
    ways = ["forward", "hold", "resume", "skip", "back", "reject", "reopen"]
    for kind in ways:
        model.move_deal(kind)
        model.the_database_says_the_same()
    assert set(ways) == MOVES.keys()
    assert [len(made) for made in model.moves.values()] == [len(ways)]
