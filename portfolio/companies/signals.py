"""What companies tell the slices above, which they do not know."""

from blinker import Signal

companies_parted = Signal(
    "a merge of these companies was taken back as if it had not been; sent likewise"
)
figures_stated = Signal("the figures of these companies changed; sent inside the unit of work")
