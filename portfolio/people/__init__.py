"""Who uses the system: accounts, roles, sessions and the one policy."""
