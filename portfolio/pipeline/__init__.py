"""Deals: pipelines as data, stages, moves and their history."""
