"""Chokepoint technologies: the taxonomy, suggestions from texts, and tags people stand behind."""
