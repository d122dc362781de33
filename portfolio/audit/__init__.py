"""The audit trail: every change, chained, append-only."""
