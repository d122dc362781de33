"""The policy as data: what each role may do, and that walls and recusals beat every role."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portfolio.people import policy
from portfolio.people.policy import Relation

relations = st.builds(Relation, *[st.booleans()] * 5)
role_sets = st.sets(st.sampled_from(sorted(policy.ROLES)))
permissions = st.sampled_from(sorted(policy.PERMISSIONS))


@given(role_sets, permissions, relations)
def test_a_recused_person_may_nothing_with_the_deal(roles, permission, relation) -> None:
    recused = Relation(**{**relation.__dict__, "recused": True})
    assert not policy.allows(roles, permission, recused)


@given(role_sets, permissions, relations)
def test_a_wall_opens_to_its_team_and_to_a_break_glass_alone(roles, permission, relation) -> None:
    shut = Relation(**{**relation.__dict__, "walled": True, "team": False, "opened": False})
    assert not policy.allows(roles, permission, shut)


@given(role_sets, role_sets, permissions, relations)
def test_more_roles_never_take_a_right_away(some, more, permission, relation) -> None:
    if policy.allows(some, permission, relation):
        assert policy.allows(some | more, permission, relation)


@pytest.mark.parametrize(
    ("role", "permission", "relation", "expected"),
    [
        ("manager", "deal.read", Relation(), True),
        ("manager", "deal.write", Relation(), False),
        ("manager", "deal.write", Relation(team=True), True),
        ("manager", "deal.terms", Relation(), False),
        ("manager", "export", Relation(team=True), True),
        ("committee", "deal.read", Relation(), False),
        ("committee", "deal.read", Relation(agenda=True), True),
        ("committee", "deal.terms", Relation(agenda=True), True),
        ("committee", "deal.read", Relation(agenda=True, recused=True), False),
        ("partner", "deal.write", Relation(), True),
        ("partner", "deal.read", Relation(walled=True), False),
        ("partner", "deal.read", Relation(walled=True, team=True), True),
        ("compliance", "deal.read", Relation(walled=True), False),
        ("compliance", "deal.read", Relation(walled=True, opened=True), True),
        ("compliance", "deal.write", Relation(), False),
        ("reader", "deal.read", Relation(), True),
        ("reader", "deal.terms", Relation(), False),
        ("reader", "export", Relation(), False),
        ("admin", "deal.read", Relation(), False),
        ("admin", "audit.export", Relation(), True),
    ],
)
def test_the_contract_of_roles(role, permission, relation, expected) -> None:
    assert policy.allows([role], permission, relation) is expected


def test_a_permission_that_does_not_exist_is_a_mistake_in_the_program() -> None:
    for role, permission in itertools.product(policy.ROLES, ["deal.raed", ""]):
        with pytest.raises(KeyError):
            policy.allows([role], permission)
