"""Committee: the list it decides from, as a page and as files."""
