"""What an edition does to the tags and suggestions of one company (pure).

A claim goes where its technology went; where it is not plain which part of one that was split it
is about, each part that may be meant is suggested for review. Rejections go along, so that nothing
comes back that somebody decided.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from portfolio.kernel.titles import TitledEnum

SUGGESTED, REJECTED = "suggested", "rejected"
BY_TEXT, TO_ONE, BY_NOBODY = "text", "one", "none"
RENAME, MERGE, SPLIT = "rename", "merge", "split"


class Effect(TitledEnum):
    """What becomes of a tag or a suggestion."""

    MOVED = "moved", "标签迁移", "Tag moves"
    JOINED = "joined", "并入已有标签", "Tag joins one that stands"
    UNDECIDED = "undecided", "待复核（转为建议）", "Undecided: suggested for review"
    CARRIED = "carried", "否定记录随迁", "Rejection goes along"
    FOLLOWS = "follows", "建议随迁", "Suggestion goes along"
    STAYS = "stays", "标签留存（技术停用）", "Tag stays, its technology is retired"
    APPEARS = "appears", "新增建议", "Suggestion appears"
    VANISHES = "vanishes", "建议消失", "Suggestion vanishes"
    RETURNS = "returns", "恢复原标签", "Tag returns"


EFFECTS = {effect.value: effect for effect in Effect}


class Rule(TitledEnum):
    """How tags of a technology that is split find their part."""

    TEXT = BY_TEXT, "按企业描述判断", "By what the description claims"
    ONE = TO_ONE, "全部归入第一项", "All to the first part"
    NONE = BY_NOBODY, "全部转为建议待复核", "All are suggested for review"


@dataclass(frozen=True)
class Held:
    """What stands about one technology of a company: the row `source` under `origin` (None for a
    suggestion that is new), or a row that goes on from it, `how`."""

    source: int | None
    origin: str
    state: str
    level: str = ""
    how: Effect | None = None

    @property
    def claims(self) -> bool:
        """Whether a person stands behind it."""
        return self.state not in {SUGGESTED, REJECTED}


class Moved(NamedTuple):
    """What an earlier edition did to a tag: the row `old` under `technology` went on as `new` under
    `becomes`; `made` if that row was made for it."""

    technology: str
    becomes: str
    old: Held
    new: int | None
    made: bool


class Step(NamedTuple):
    """One effect: the row `source` under `technology` `closes`; where `becomes` names a technology a
    row stands there by it, of the state; `made` if that is a new one."""

    effect: Effect
    technology: str
    becomes: str
    source: int | None
    state: str
    made: bool
    closes: bool


Standing = dict[str, Held]


def plan(
    standing: Mapping[str, Held],
    moves: Sequence[Mapping[str, Any]],
    back: Sequence[Moved],
    claimed: tuple[frozenset[str], frozenset[str]],
    live: frozenset[str],
    company_id: int,
) -> list[Step]:
    """What becomes of what stands about a company, by technology, in the order of its rows.

    `moves` are those of the edition, `back` what an edition that is taken back had moved here,
    `claimed` the technologies that the text claims by the words before and after, `live` those in
    force afterwards.
    """
    before, after = claimed
    held, lost = dict(standing), dict[int, tuple[Effect, str]]()
    _return(held, back, lost, live)
    for move in moves:
        before = _followed(before, move)
        _MOVES[move["kind"]](held, move, after, company_id, lost)
    for name, one in list(held.items()):
        if one.state != SUGGESTED or one.how is Effect.UNDECIDED or name in after:
            continue
        if name in before or name not in live:
            del held[name]
            if one.source is not None:
                lost[one.source] = Effect.VANISHES, ""
    for name in sorted(after - before - held.keys()):
        held[name] = Held(None, "", SUGGESTED, how=Effect.APPEARS)
    return _steps(standing, held, lost, live)


def _followed(before: frozenset[str], move: Mapping[str, Any]) -> frozenset[str]:
    if move["kind"] == SPLIT:
        return before
    gone = before & set(move["from"])
    return (before - gone) | ({move["to"]} if gone else set())


def _put(held: Standing, name: str, one: Held, lost: dict[int, tuple[Effect, str]]) -> None:
    """Let a row stand under a technology: a claim takes the place of what is no claim or is less
    well proven, anything else gives way to what stands there."""
    there = held.get(name)
    if there is not None and not (one.claims and (not there.claims or one.level > there.level)):
        if one.source is not None:
            lost[one.source] = Effect.JOINED, name
        return
    if there is not None and there.source is not None:
        lost[there.source] = Effect.JOINED, name
    held[name] = one


def _went(one: Held) -> Effect:
    if one.claims:
        return Effect.MOVED
    return Effect.FOLLOWS if one.state == SUGGESTED else Effect.CARRIED


def _gather(
    held: Standing,
    move: Mapping[str, Any],
    _after: frozenset[str],
    _company: int,
    lost: dict[int, tuple[Effect, str]],
) -> None:
    for name in move["from"]:
        one = held.pop(name, None)
        if one is not None:
            _put(held, move["to"], replace(one, how=_went(one)), lost)


def _divide(
    held: Standing,
    move: Mapping[str, Any],
    after: frozenset[str],
    company_id: int,
    lost: dict[int, tuple[Effect, str]],
) -> None:
    (name,), parts = move["from"], list(move["to"])
    one = held.get(name)
    if one is None:
        return
    if one.state == REJECTED:
        held.pop(name)
        for part in parts:
            held.setdefault(part, one if part == name else replace(one, how=Effect.CARRIED))
        return
    meant = [part for part in parts if part in after]
    if one.state == SUGGESTED:
        held.pop(name)
        for part in meant:
            held.setdefault(part, one if part == name else replace(one, how=Effect.FOLLOWS))
        if not meant and one.source is not None:
            lost[one.source] = Effect.VANISHES, ""
        return
    chosen = move["hand"].get(str(company_id)) or _by_rule(move, parts, meant)
    if chosen == name:
        return
    held.pop(name)
    if chosen:
        _put(held, chosen, replace(one, how=Effect.MOVED), lost)
        return
    for part in meant or parts:
        held.setdefault(part, replace(one, state=SUGGESTED, how=Effect.UNDECIDED))


def _by_rule(move: Mapping[str, Any], parts: Sequence[str], meant: Sequence[str]) -> str:
    if move["rule"] == TO_ONE:
        return parts[0]
    return meant[0] if move["rule"] == BY_TEXT and len(meant) == 1 else ""


_MOVES = {RENAME: _gather, MERGE: _gather, SPLIT: _divide}


def _return(
    held: Standing,
    back: Sequence[Moved],
    lost: dict[int, tuple[Effect, str]],
    live: frozenset[str],
) -> None:
    """Put back what an edition had moved: the row as it was, or what was decided since. A claim that
    somebody made meanwhile on a technology that goes is theirs who take its place."""
    found: dict[str, list[tuple[bool, Held]]] = {}
    for move in back:
        now = held.get(move.becomes)
        since = now is not None and now.source != move.new and now.state != SUGGESTED
        one = now if now is not None and since else move.old
        found.setdefault(move.technology, []).append(
            (since, replace(one, origin=move.becomes, how=Effect.RETURNS))
        )
        goes = now is not None and now.source == move.new and move.made
        if now is not None and now.source is not None and (goes or move.becomes not in live):
            lost[now.source] = Effect.RETURNS, move.technology
            del held[move.becomes]
    for name, ones in found.items():
        decided = [one for since, one in ones if since]
        best = max(decided or [one for _, one in ones], key=lambda o: (o.claims, o.level))
        there = held.get(name)
        if there is None or (best.claims and not there.claims):
            if there is not None and there.source is not None:
                lost[there.source] = Effect.JOINED, name
            held[name] = best


def _steps(
    standing: Mapping[str, Held],
    held: Standing,
    lost: Mapping[int, tuple[Effect, str]],
    live: frozenset[str],
) -> list[Step]:
    found: list[Step] = []
    stay = {one.source for name, one in held.items() if one == standing.get(name)}
    for name, one in held.items():
        if one != standing.get(name) and one.how is not None:
            closes = one.source is not None and one.source not in stay
            found.append(Step(one.how, one.origin, name, one.source, one.state, True, closes))
        elif one.claims and name not in live:
            found.append(Step(Effect.STAYS, name, "", one.source, one.state, False, False))
    kept = {one.source for one in held.values()}
    for origin, one in standing.items():
        if one.source not in kept:
            effect, becomes = lost[one.source or 0]
            found.append(Step(effect, origin, becomes, one.source, one.state, False, True))
    return found
