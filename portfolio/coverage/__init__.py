"""Coverage: where the fund stands in chokepoint technology, by technology, domain and time."""
