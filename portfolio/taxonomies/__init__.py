"""Editing the taxonomy: drafts with a preview of what they do to tags, editions, their history."""
