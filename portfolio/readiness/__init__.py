"""Readiness: how far each company is from each official standard."""
