"""A released definition stays as it is: migrations put it into databases, and deals move by it there.

A change is a new file with the next version and a migration that brings it.
"""

import hashlib
from pathlib import Path

from portfolio.pipeline import definition

FOLDER = Path(definition.__file__).with_name("definitions")
RELEASED = {
    "direct-1.toml": "4ccc8a85c1dde47e",
    "direct-2.toml": "875bbdd121f66339",
    "direct-3.toml": "50011496e37d87c0",
    "subfund-1.toml": "9638c3c35be078e8",
    "subfund-2.toml": "10b324a1deee7432",
    "subfund-3.toml": "823273770b470d4f",
}


def test_a_released_definition_stays_as_it_is() -> None:
    found = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()[:16]
        for path in FOLDER.glob("*.toml")
    }
    assert found == RELEASED
