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
    "cues.toml": "730fbd9fbfb5a1d9",
    "taxonomy.toml": "78807ea357b5fa28",
    "aerospace.toml": "f2604ad8ed54f977",
    "ai_comm.toml": "ae900822d29d7611",
    "bio_agri.toml": "fe19f78b71cac513",
    "electronics.toml": "6573753ea8e5dd30",
    "energy.toml": "59a87bc9be000b66",
    "instruments.toml": "79849335efed9926",
    "machinery.toml": "71eb02192b0345ef",
    "marine.toml": "e88fc0c403114374",
    "materials.toml": "d44abd1d90bf4d48",
    "medical.toml": "e7b864ddfcae922d",
    "rail_auto.toml": "bd3d04adf4d940e7",
    "semiconductor.toml": "70a0ebc3952f4938",
    "software.toml": "21820d0b724e877e",
}


def test_the_released_words_stay_as_they_are() -> None:
    # Which texts are read is set beside the words, and may change without them.
    files = {*FOLDER.glob("*.toml"), *FOLDER.glob("vocabulary/*.toml")} - {FOLDER / "sources.toml"}
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest()[:16] for path in files}
    assert found == RELEASED
