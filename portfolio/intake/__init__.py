"""Intake: files of companies and figures become records, row by row accounted for."""
