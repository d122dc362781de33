"""Demo data: an invented fund with a year of history, and masses of it for scale."""
