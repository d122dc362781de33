"""What is due for a person: their tasks and milestones, as a page and as a private calendar feed."""
