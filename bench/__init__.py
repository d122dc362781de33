"""Benchmarks: ratios measured in one run against references that are named."""
