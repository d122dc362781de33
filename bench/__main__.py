"""`make bench`: prints the tables."""

import os
import tempfile
from pathlib import Path

from bench import digests, duplicates, files, pages, readiness, suggestions


def main() -> None:
    """Measure at the two sizes asked for."""
    small, large = (int(n) for n in os.environ.get("BENCH_SIZES", "10000,100000").split(","))
    with tempfile.TemporaryDirectory(prefix="kawei-bench-") as home:
        pages.table((small, large), Path(home))
        duplicates.table(Path(home) / str(large))
        folder = Path(home) / "files"
        folder.mkdir()
        files.table(folder)
        digests.table(Path(home))
    readiness.table()
    suggestions.table(os.environ.get("DESCRIPTIONS", ""))


if __name__ == "__main__":
    main()
