"""Whom and what the rows of records name: companies, deals, people, vehicles, stages."""

from collections.abc import Sequence
from typing import cast

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from portfolio.companies.models import Round
from portfolio.extensions import db
from portfolio.intake import queries
from portfolio.intake.console import Console
from portfolio.intake.plan import Known, find
from portfolio.intake.rows import Row
from portfolio.kernel.errors import InputError
from portfolio.kernel.parts import in_parts
from portfolio.kernel.text import folded
from portfolio.people import queries as people
from portfolio.people.models import User
from portfolio.pipeline import queries as pipeline
from portfolio.pipeline import sight_queries as sight
from portfolio.pipeline.flow import Pipeline
from portfolio.pipeline.models import Deal, PipelineVersion
from portfolio.pipeline.stages import Stage
from portfolio.web.formatting import listed, title_of

CO_INVESTMENT = "（跟投）"


def acting(actor: User | None) -> User:
    """The person, or the console where there is none."""
    return actor or cast(User, Console())


class Lookup:
    """What the rows of one file name, read with a fixed number of queries."""

    def __init__(self, rows: Sequence[Row], actor: User | None) -> None:
        self.actor = actor
        self.snapshot = queries.snapshot(rows, figures=False)
        self.people = _people()
        self.deals = _deals({row.columns["deal"] for row in rows if "deal" in row.columns}, actor)
        self.writable = self._writable()

    def _writable(self) -> set[int]:
        ids = [deal.id for deal in self.deals.values()]
        if self.actor is None:
            return set(ids)
        return {i for part in in_parts(ids) for i in sight.ids_with(self.actor, "deal.write", part)}

    def companies(self) -> set[int]:
        """The ids of the companies that the rows may mean."""
        return {known.id for same in self.snapshot.by_name.values() for known in same}

    def company(self, row: Row) -> Known | None:
        """The company that the row names, None when it names none. Raises InputError when there
        is no such company, or more than one."""
        if not row.columns.keys() & {"name_zh", "stock_code", "uscc"}:
            return None
        found = find(row, self.snapshot)
        if len(found) > 1:
            names = [str(known.columns["name_zh"]) for known in found]
            raise InputError("row.two_companies", one=names[0], other=names[1])
        if not found:
            same = self.snapshot.by_name.get(row.columns.get("name_zh", ""), [])
            raise InputError("row.namesakes" if len(same) > 1 else "row.company_unknown")
        return found[0]

    def deal(self, row: Row) -> Deal | None:
        """The deal whose number the row bears. One that this person may not know of does not
        exist: InputError `deal.unknown`."""
        number = row.columns.get("deal")
        if not number:
            return None
        if number not in self.deals:
            raise InputError("deal.unknown", value=number)
        return self.deals[number]

    def person(self, text: str | None) -> int:
        """The id of the person with this address or name; the importing one for a blank. Raises
        InputError `person.missing`, `person.unknown` or `person.two`."""
        if not text:
            if self.actor is None:
                raise InputError("person.missing")
            return self.actor.id
        found = self.people.get(text.casefold(), [])
        if len(found) != 1:
            raise InputError("person.two" if found else "person.unknown", value=text)
        return found[0]


def _people() -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    able = sa.select(User.id, User.name, User.email).where(people.can_log_in())
    for row in db.session.execute(able):
        for key in {row.name.casefold(), row.email.casefold()}:
            found.setdefault(key, []).append(row.id)
    return found


def known_deals(actor: User | None) -> sa.ColumnElement[bool]:
    """The condition over deals that exist for the person; the console knows all but deleted ones."""
    return sight.visible(actor) if actor else Deal.deleted_at.is_(None)


def _deals(numbers: set[str], actor: User | None) -> dict[str, Deal]:
    found: dict[str, Deal] = {}
    seen = known_deals(actor)
    for part in in_parts(numbers):
        rows = db.session.scalars(
            sa.select(Deal).where(Deal.code.in_(part), seen).options(selectinload(Deal.members))
        )
        found.update((row.code, row) for row in rows)
    return found


class Trade:
    """The words of the trade: pipelines, stages, vehicles, rounds, in either language or by key."""

    def __init__(self) -> None:
        self.pipelines: dict[int, Pipeline] = pipeline.pipelines()
        self.current = {
            row.key: row
            for row in db.session.scalars(sa.select(PipelineVersion).where(PipelineVersion.current))
        }
        self.vehicles = pipeline.vehicles()

    def pipeline(self, text: str | None) -> PipelineVersion:
        """The current version of the pipeline so called; that of direct deals for a blank."""
        wanted = folded((text or "direct").removesuffix(CO_INVESTMENT))
        for row in self.current.values():
            titles = self.pipelines[row.id]
            if wanted in {folded(t) for t in (row.key, titles.zh, titles.en)}:
                return row
        raise InputError("pipeline.none_called", value=text, known=self._pipelines())

    def _pipelines(self) -> str:
        return listed(title_of(self.pipelines[row.id]) for row in self.current.values())

    def vehicle(self, text: str | None) -> int:
        """The vehicle so called; the only mother fund for a blank."""
        if text is None:
            mothers = [v.id for v in self.vehicles if v.kind == "mother"]
            if len(mothers) != 1:
                raise InputError("vehicle.missing")
            return mothers[0]
        wanted = folded(text)
        for row in self.vehicles:
            if wanted in {folded(row.name_zh), folded(row.en)}:
                return row.id
        raise InputError("vehicle.unknown", value=text)

    def stage(self, pipeline_id: int, text: str) -> Stage:
        """The stage so called in a version of a pipeline."""
        wanted = folded(text)
        for stage in self.pipelines[pipeline_id].stages:
            if wanted in {folded(t) for t in (stage.key, stage.zh, stage.en)}:
                return stage
        known = listed(map(title_of, self.pipelines[pipeline_id].stages))
        raise InputError("stage.none_called", value=text, known=known)

    def round(self, text: str) -> str:
        """The key of a financing round."""
        wanted = folded_round(text)
        for one in Round:
            if wanted in {folded_round(t) for t in (one.value, one.zh, one.en)}:
                return str(one.value)
        raise InputError("option.unknown", value=text)


def folded_round(text: str) -> str:
    """A round for comparing: A轮 is A, and A+ is not A."""
    return folded(text.replace("+", "plus")).removesuffix("轮")
