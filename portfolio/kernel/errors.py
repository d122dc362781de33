"""Refusals of the pure parts: a code and its values; the sentence is made at the edge."""


class InputError(ValueError):
    """Input that cannot be accepted: `code` names why, `params` fill the sentence."""

    def __init__(self, code: str, **params: object) -> None:
        super().__init__(code)
        self.code = code
        self.params = params

    def __str__(self) -> str:
        values = ", ".join(f"{key}={value}" for key, value in self.params.items())
        return f"{self.code} ({values})" if values else self.code
