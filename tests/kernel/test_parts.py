"""Long lists in parts."""

from hypothesis import given
from hypothesis import strategies as st

from portfolio.kernel.parts import in_parts


@given(st.lists(st.integers(), max_size=50), st.integers(1, 9))
def test_the_parts_are_the_whole_in_its_order_and_none_is_longer(values, most) -> None:
    parts = list(in_parts(iter(values), most))
    assert [value for part in parts for value in part] == values
    assert all(0 < len(part) <= most for part in parts)
