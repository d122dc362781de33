"""The way of an invented deal: how far it gets, when, and what stops it (pure)."""

import random
from dataclasses import dataclass
from typing import Any

from portfolio.pipeline.flow import Pipeline

REJECTED = ("r_market_small", "r_valuation", "r_choke_unproven", "r_no_customer", "r_terms")
HELD = ("h_wait_data", "h_wait_lead", "h_valuation_gap")
NOTES = (
    "样机已完成第三方检测，指标达到国外同类产品水平。",
    "链主企业给出小批量试用意向，待签订协议。",
    "创始团队全职到位，股权清理已完成。",
    "客户访谈三家，反馈良率仍需提升。",
    "估值与条款基本谈拢，等待领投方确认。",
)


@dataclass(frozen=True)
class Step:
    """A move and how many days after the one before it."""

    kind: str
    after: int
    fields: dict[str, Any]


def steps(pipeline: Pipeline, reach: int, ending: str, rng: random.Random) -> list[Step]:
    """Forward to the stage at `reach`, then the ending: "", hold, reject, withdraw or reopen."""
    found = [Step("forward", _stay(pipeline, n, rng), {}) for n in range(reach)]
    if ending == "hold":
        fields = {"reason_code": rng.choice(HELD), "note": rng.choice(NOTES)}
        found.append(Step("hold", rng.randint(3, 20), fields))
    elif ending in {"reject", "reopen"}:
        fields = {"reason_code": rng.choice(REJECTED), "note": rng.choice(NOTES)}
        found.append(Step("reject", rng.randint(3, 15), fields))
        if ending == "reopen":
            found.append(
                Step("reopen", rng.randint(20, 40), {"evidence": "取得链主验证报告，重新启动。"})
            )
    elif ending == "withdraw":
        fields = {
            "reason_code": "r_lost_round",
            "note": "本轮份额已被其他机构认购，项目方撤回。",
            "withdrawn_by": "company",
        }
        found.append(Step("withdraw", rng.randint(3, 15), fields))
    return found


def _stay(pipeline: Pipeline, position: int, rng: random.Random) -> int:
    """Usually within the target, sometimes well over it."""
    target = pipeline.stages[position].target_days or 20
    return max(1, int(target * rng.choice([0.4, 0.6, 0.8, 0.9, 1.0, 1.4])))
