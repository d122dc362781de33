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
    "cues.toml": "28bde2b97fb8823a",
    "taxonomy.toml": "78807ea357b5fa28",
    "aerospace.toml": "9858af5291a8d663",
    "ai_comm.toml": "6a026dd0f4d2fae6",
    "bio_agri.toml": "aa2807955560f244",
    "electronics.toml": "b261c107d63d5fc4",
    "energy.toml": "34c89da964b154f2",
    "instruments.toml": "b7066add8297230a",
    "machinery.toml": "e5141ef23d5bcd8d",
    "marine.toml": "f06795e2bc618400",
    "materials.toml": "903c7abb6553ac95",
    "medical.toml": "2748d59167026143",
    "rail_auto.toml": "452a48318f76c812",
    "semiconductor.toml": "b3b7319eb8c6f998",
    "software.toml": "12db17d87b6c51f6",
}


def test_the_released_words_stay_as_they_are() -> None:
    # Which texts are read is set beside the words, and may change without them.
    files = {*FOLDER.glob("*.toml"), *FOLDER.glob("vocabulary/*.toml")} - {FOLDER / "sources.toml"}
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest()[:16] for path in files}
    assert found == RELEASED
