"""Many companies at once: the same rulebooks applied to columns, as exact as one by one (pure)."""
