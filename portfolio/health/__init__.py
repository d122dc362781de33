"""Whether the house stands: database, scheduler, digest."""
