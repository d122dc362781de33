"""That a person may not do something with a deal (pure)."""

from portfolio.kernel.errors import InputError


class Refused(InputError):
    """The person may not do this with this deal."""

    def __init__(self, code: str = "deal.refused", **params: object) -> None:
        super().__init__(code, **params)
