"""Leading an invented deal through its pipeline honestly: proofs, other eyes, then the move."""

import datetime as dt
import random
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from portfolio.companies import operations as companies
from portfolio.demo.history import Step, steps
from portfolio.extensions import unit_of_work
from portfolio.people.models import User
from portfolio.pipeline import check_operations, gate_queries
from portfolio.pipeline import operations as pipeline
from portfolio.pipeline import queries as deals
from portfolio.pipeline.flow import Pipeline
from portfolio.pipeline.gates import SETTLED, Answers, CheckAnswer, CheckState, unmet
from portfolio.pipeline.models import Deal, PipelineVersion
from portfolio.pipeline.stages import Item, Move

FILE = Path(__file__).with_name("proofs.toml")
DAY = dt.timedelta(days=1)
NEXT_STEPS = ("客户访谈", "补法律尽调", "专家评审", "约链主验证", "更新财务模型")
TASKS = ("跟进样机检测报告", "核对股权沿革", "整理客户访谈纪要", "确认投决材料")


@dataclass(frozen=True)
class Plan:
    """How far a deal gets and what is special about it."""

    reach: int
    ending: str = ""
    walled: bool = False
    overridden: bool = False
    skipped: bool = False


@dataclass
class Walk:
    """A deal on its way, with the two who work on it and the partner who may override."""

    deal: Deal
    flow: Pipeline
    owner: User
    colleague: User
    partner: User
    rng: random.Random
    at: dt.datetime


def run(
    name: str,
    versions: list[PipelineVersion],
    owner: User,
    managers: list[User],
    rng: random.Random,
    now: dt.datetime,
    plan: Plan,
    given: dict[str, Any],
) -> Deal:
    """Open a deal and lead it through its steps, ending shortly before now.

    Of the versions, the older first, it goes by the one that was in force when it was opened.
    """
    flow = deals.pipeline_of(versions[-1])
    way = steps(flow, plan.reach, plan.ending, rng)
    # What a partner pushed through lies in the last days, so that the digest has it to tell.
    rest = rng.randint(1, 5 if plan.overridden or plan.skipped else 45)
    at = now - (sum(step.after for step in way) + rest) * DAY
    row = [v for v in versions if v.published_at is None or v.published_at <= at][-1]
    colleague = rng.choice([user for user in managers if user is not owner])
    values = {"next_step": rng.choice(NEXT_STEPS), "trl": rng.randint(4, 9)}
    values["next_step_on"] = (now + rng.randint(-3, 20) * DAY).date()
    with unit_of_work("deal.open", owner, at=at):
        deal = pipeline.open_deal(
            name=name,
            pipeline=row,
            owner_id=owner.id,
            actor=owner,
            now=at,
            walled=plan.walled,
            team=[colleague.id],
            values=values,
            **given,
        )
    partner = next(user for user in managers if "partner" in user.roles)
    walk = Walk(deal, deals.pipeline_of(row), owner, colleague, partner, rng, at)
    _follow(walk, way, plan, now)
    _begin_next(walk)
    _task(walk, now)
    return deal


def _follow(walk: Walk, way: list[Step], plan: Plan, now: dt.datetime) -> None:
    forward = [step for step in way if step.kind == "forward"]
    for step in way:
        last = any(step is end for end in forward[-1:])
        start, walk.at = walk.at, min(walk.at + step.after * DAY, now)
        fields = dict(step.fields)
        if step.kind == "hold":
            fields["revisit_on"] = (walk.at + walk.rng.randint(30, 120) * DAY).date()
        if last and plan.overridden:
            prove(walk, "forward", start, leave=2)
            _move(walk, Move("forward", override=TOLD["said"]["override"]), walk.partner)
            continue
        prove(walk, step.kind, start)
        _move(walk, Move(step.kind, **fields), walk.owner)
    ahead = walk.flow.targets("skip", walk.deal.stage) if "skip" in walk.flow.moves else []
    if plan.skipped and ahead:
        _move(walk, Move("skip", ahead[0], note=TOLD["said"]["skip"]), walk.partner)


def _move(walk: Walk, wanted: Move, actor: User) -> None:
    action = pipeline.action_of(walk.flow, wanted)
    with unit_of_work(action, actor, at=walk.at):
        pipeline.move(walk.deal, wanted, actor, walk.at)


def prove(walk: Walk, kind: str, start: dt.datetime, leave: int = 0) -> None:
    """Answer what a move asks for, and have the colleague verify it; leave so many open."""
    target = walk.flow.targets(kind, walk.deal.stage)[0]
    items = wanted_items(walk, target)
    items = items[: len(items) - leave]
    if not items:
        return
    done = start + (walk.at - start) * 0.6
    answers = Answers(items={item.key: proof_of(walk.flow, item) for item in items})
    with unit_of_work("check.answer", walk.owner, at=done):
        pipeline.take_answers(walk.deal, walk.flow, answers, walk.owner, done)
    verify(walk, items, start + (walk.at - start) * 0.9)


def verify(walk: Walk, items: list[Item], at: dt.datetime) -> None:
    """The colleague looks at what has to be verified."""
    keys = [item.key for item in items if item.verify]
    if keys:
        with unit_of_work("check.verify", walk.colleague, at=at):
            check_operations.verify(walk.deal, walk.flow, keys, walk.colleague, at)


def wanted_items(walk: Walk, target: str) -> list[Item]:
    """The items that the gate before a stage still asks for, each once."""
    left = unmet(gate_queries.gate_of(walk.deal, walk.flow, target))
    return list({item.key: item for standing in left for item in standing.items}.values())


def proof_of(flow: Pipeline, item: Item) -> CheckAnswer:
    """An invented proof of an item."""
    if item.key == "s09":  # asked for only where no technology is confirmed
        return CheckAnswer(CheckState.NA, TOLD["said"]["no_tag"])
    listed = next(row.key for row in flow.checklists if item in row.items)
    note = TOLD["items"].get(item.key) or TOLD["lists"].get(listed, TOLD["said"]["other"])
    return CheckAnswer(CheckState.DONE, note)


def _begin_next(walk: Walk) -> None:
    """Part of what the next stage asks for is done already, or all of it; some not verified yet."""
    if walk.deal.status != "active" or "forward" not in walk.flow.offered(
        walk.deal.stage, "active"
    ):
        return
    target = walk.flow.targets("forward", walk.deal.stage)[0]
    items = wanted_items(walk, target)
    share = walk.rng.choice((0, 0.4, 0.7, 1))
    done = items[: int(len(items) * share)]
    if not done:
        return
    answers = {item.key: proof_of(walk.flow, item) for item in done}
    if share < 1 and len(done) > 3 and not done[-1].verdict:
        answers[done[-1].key] = CheckAnswer(CheckState.DOING, TOLD["said"]["doing"])
    with unit_of_work("check.answer", walk.owner, at=walk.at):
        check_operations.answer(walk.deal, walk.flow, answers, walk.owner, walk.at)
    seen = len(done) if share == 1 else len(done) // 2
    verify(walk, [item for item in done[:seen] if answers[item.key].state in SETTLED], walk.at)


def _task(walk: Walk, now: dt.datetime) -> None:
    due = (now + walk.rng.randint(-6, 15) * DAY).date()
    with unit_of_work("task.add", walk.owner, at=walk.at):
        companies.add_task(
            *(walk.rng.choice(TASKS), walk.owner.id, walk.owner, walk.at, due),
            deal_id=walk.deal.id,
            promised=due.day % PROMISED == 0,
        )


PROMISED = 4  # of so many tasks one was promised to the founder
TOLD: dict[str, dict[str, str]] = tomllib.loads(FILE.read_text(encoding="utf-8"))
