"""What tests of merges begin with."""

import pytest

from portfolio.extensions import unit_of_work
from tests.companies.merging import NOW, furnished


@pytest.fixture
def pair(cast):
    """Two companies that are one, and a third that both were told apart from."""
    with unit_of_work("seed", cast["manager"], at=NOW):
        return furnished(cast["manager"])
