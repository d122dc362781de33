"""Pipelines as administrators set them up: drafts, what they would change, publishing."""
