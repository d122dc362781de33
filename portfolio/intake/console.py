"""Whoever sits at the command line: nobody's account, and everything may be done (pure)."""

from portfolio.people import policy


class Console:
    """Stands where a person stands, for operations that ask what the person may do.

    Whoever runs commands on the server could write into the database itself. With a person's id
    it does in their name what has to be done whatever they may do.
    """

    name = ""
    active = True
    roles: frozenset[str] = frozenset()

    def __init__(self, person_id: int | None = None) -> None:
        self.id = person_id

    def may(self, permission: str, relation: policy.Relation | None = None) -> bool:
        """Everything may be done from the command line."""
        return True

    def scopes(self, permission: str) -> frozenset[str]:
        """Over every object."""
        return frozenset({policy.ALL})
