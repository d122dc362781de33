"""The first edition stays as it was released: editions of the fund lie on top of it. So do the words that
say what is done with a technology, the weights fitted to them, the ladder and the terms of the review.

Whoever betters the words notes it here with the new mark; differences of editions that no longer
fit are left out where the taxonomy is read, so look at what funds may have changed.
"""

import hashlib
from pathlib import Path

from portfolio.chokepoint import taxonomy

FOLDER = Path(taxonomy.__file__).parent
RELEASED = {
    "weights.toml": "37dd054fe19bca94",
    "traditional.toml": "73994b2104e953c0",
    "review.toml": "b752ec82595518dd",
    "ladder.toml": "426ef6b2313267f9",
    "cues.toml": "e842f385145ed675",
    "taxonomy.toml": "78807ea357b5fa28",
    "aerospace.toml": "90d9201ddf9a8218",
    "ai_comm.toml": "0fbb4dadbd530bae",
    "bio_agri.toml": "86598eea97ecff3a",
    "electronics.toml": "7d1f0e009a049891",
    "energy.toml": "1b0077e07c513e73",
    "instruments.toml": "da4e2114c5fb781f",
    "machinery.toml": "01f1928da60278e8",
    "marine.toml": "47f7cd9f28e4c289",
    "materials.toml": "c66abeb4b0d6cf72",
    "medical.toml": "a6bde5908a409f22",
    "rail_auto.toml": "b556fa28ec730a3a",
    "semiconductor.toml": "e0b3e677f9c917bf",
    "software.toml": "8c44e16bcb790a0b",
}


def test_the_released_words_stay_as_they_are() -> None:
    # Which texts are read is set beside the words, and may change without them.
    files = {*FOLDER.glob("*.toml"), *FOLDER.glob("vocabulary/*.toml")} - {FOLDER / "sources.toml"}
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest()[:16] for path in files}
    assert found == RELEASED
