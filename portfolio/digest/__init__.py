"""Digests: the right mail to the right person, once, whatever breaks."""
