"""What companies tell the slices above, which they do not know."""

from blinker import Signal

figures_stated = Signal("the figures of these companies changed; sent inside the unit of work")
