"""Reports of a company: its pre-assessments as a page and as a paper to hand on."""
