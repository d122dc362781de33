"""Handing over: what a leaving person owns goes to others in one step."""
