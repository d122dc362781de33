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
    "aerospace.toml": "cb9aaeff53bdad4c",
    "ai_comm.toml": "3e51992bcf46e462",
    "bio_agri.toml": "016d4597628110a1",
    "electronics.toml": "ce9a969cc5be4287",
    "energy.toml": "99d952854089ab6c",
    "instruments.toml": "2cd4d9180f590724",
    "machinery.toml": "3dcd25f540151760",
    "marine.toml": "5a304fba6d8a8b33",
    "materials.toml": "6e234ca1f4557244",
    "medical.toml": "8319fc8d2a395a93",
    "rail_auto.toml": "1dd98ba49291ed9e",
    "semiconductor.toml": "d9b8c29fd8cf7bda",
    "software.toml": "df1c42ed2be24fc6",
}


def test_the_released_words_stay_as_they_are() -> None:
    # Which texts are read is set beside the words, and may change without them.
    files = {*FOLDER.glob("*.toml"), *FOLDER.glob("vocabulary/*.toml")} - {FOLDER / "sources.toml"}
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest()[:16] for path in files}
    assert found == RELEASED
