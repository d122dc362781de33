"""Companies, their names, people, figures and documents."""
