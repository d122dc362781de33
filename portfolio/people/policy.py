"""The one policy: which roles may do what, over which objects (pure)."""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROLES_FILE = Path(__file__).with_name("roles.toml")

ALL, TEAM, AGENDA, ANY = "all", "team", "agenda", "any"


@dataclass(frozen=True)
class Role:
    """A role of the contract: its key, its title in both languages, its permissions."""

    key: str
    zh: str
    en: str
    permissions: dict[str, str]


def _load(data: dict[str, Any]) -> dict[str, Role]:
    return {
        key: Role(key, row["zh"], row["en"], row["permissions"])
        for key, row in data.items()
        if isinstance(row, dict) and "permissions" in row
    }


_FILE: dict[str, Any] = tomllib.loads(ROLES_FILE.read_text(encoding="utf-8"))
ROLES = _load(_FILE)
# What each permission is called, in both languages.
TITLES: dict[str, dict[str, str]] = _FILE["titles"]
PERMISSIONS = frozenset(p for role in ROLES.values() for p in role.permissions)


def held_beside(permission: str) -> frozenset[str]:
    """The permissions that somebody may hold who holds this one by the same role."""
    roles = (role.permissions for role in ROLES.values())
    return frozenset(p for held in roles if permission in held for p in held)


@dataclass(frozen=True)
class Relation:
    """How a person stands to one deal."""

    team: bool = False
    agenda: bool = False
    recused: bool = False
    opened: bool = False
    walled: bool = False
    deleted: bool = False


def scopes(roles: Iterable[str], permission: str) -> frozenset[str]:
    """The scopes in which these roles hold the permission; empty means not at all."""
    if permission not in PERMISSIONS:
        raise KeyError(permission)
    held = (ROLES[role].permissions.get(permission) for role in roles)
    return frozenset(scope for scope in held if scope)


def allows(roles: Iterable[str], permission: str, relation: Relation | None = None) -> bool:
    """Whether the roles allow the permission, over a deal when a relation is given.

    Without a relation the answer says whether the permission is held in any scope at all.
    """
    held = scopes(roles, permission)
    if not held or relation is None:
        return bool(held)
    if relation.recused or relation.deleted:
        return False
    if relation.walled and not (relation.team or relation.opened):
        return False
    if held & {ALL, ANY}:
        return True
    return (TEAM in held and relation.team) or (AGENDA in held and relation.agenda)
