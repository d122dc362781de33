"""The official arrangement of working days of a year, as an administrator enters it."""
