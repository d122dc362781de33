"""What pages of pipelines are about: deals in the first stages."""

import pytest

from portfolio.extensions import unit_of_work
from portfolio.pipeline import operations as pipeline
from portfolio.pipeline.models import Deal
from portfolio.pipeline.stages import Move
from tests import factories
from tests.conftest import NOW


@pytest.fixture
def deals(app, cast) -> dict[str, Deal]:
    """Deals in the first stages, one of them walled, one at its end."""
    manager = cast["manager"]
    found = {name: factories.deal(manager, name=name) for name in ("lead", "pool", "walled")}
    factories.advance(found["pool"], manager, "pool")
    found["screening"] = factories.deal(manager, name="screening")
    factories.advance(found["screening"], manager, "pool", "screening")
    found["refused"] = factories.deal(manager, name="refused")
    with unit_of_work("deal.move", manager):
        pipeline.set_wall(found["walled"], True, manager, NOW)
        move = Move("reject", reason_code="r_exit", note="退出路径不清晰，暂不考虑")
        pipeline.move(found["refused"], move, manager, NOW)
    return found
