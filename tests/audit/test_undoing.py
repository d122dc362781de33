"""Undoing entries gives back any earlier state, whatever was made, changed, deleted and restored."""

from hypothesis import given
from hypothesis import strategies as st

from portfolio.audit.undoing import undone

COLUMNS = ("id", "name", "place")
values = st.one_of(st.none(), st.integers(0, 3))
acts = st.lists(
    st.tuples(
        st.sampled_from(["create", "update", "delete", "restore", "look", "export"]), values, values
    ),
    max_size=25,
)


def known(columns: dict) -> dict:
    """What an entry about a whole object holds: the columns that have a value."""
    return {name: value for name, value in columns.items() if value is not None}


def lived(steps):
    """The states an object goes through, and the entry of each step (a plain model)."""
    state, gone = None, None
    states, entries = [state], []
    for act, name, place in steps:
        before, after = {}, {}
        if act == "create" and state is None and gone is None:
            state = {"id": 1, "name": name, "place": place}
            after = known(state)
        elif act == "restore" and gone is not None:
            state, gone = gone, None
            after = known(state)
        elif act == "delete" and state is not None:
            gone, before, state = state, known(state), None
        elif act == "update" and state is not None:
            before = {"name": state["name"]}
            after = {"name": name}
            state = state | after
        elif act == "export":
            after = {"query": "q=x"}
        states.append(state)
        entries.append((before, after))
    return states, entries


@given(acts)
def test_every_earlier_state_comes_back(steps) -> None:
    states, entries = lived(steps)
    for n, then in enumerate(states):
        found = undone(states[-1], reversed(entries[n:]), COLUMNS)
        assert (found is None) == (then is None)
        if then is not None:
            assert known(found) == known(then)


def test_a_look_neither_makes_nor_ends_an_object() -> None:
    now = {"id": 1, "name": 2, "place": None}
    acts_upon_it = [({}, {}), ({}, {"query": "x"}), ({}, {"name": 2})]
    assert undone(now, acts_upon_it, COLUMNS) == now


def test_a_company_of_a_bulk_load_begins_with_its_name() -> None:
    loaded = [({}, {"name_zh": "甲", "batch": 3})]
    assert undone({"id": 1, "name_zh": "甲"}, loaded, ("id", "name_zh")) is None


def test_what_was_deleted_and_made_anew_under_its_number_is_told_apart() -> None:
    entries = [({}, {"id": 1, "name": 2}), ({"id": 1, "name": 1}, {})]
    assert undone({"id": 1, "name": 2}, entries[:1], COLUMNS) is None
    assert undone({"id": 1, "name": 2}, entries, COLUMNS) == {"id": 1, "name": 1}
