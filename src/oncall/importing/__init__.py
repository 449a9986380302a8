"""Reads a team's existing rota from a spreadsheet or calendar file, and makes a plan from it.

Imports `schedule`, `rosters` and `support`. Nothing is guessed: a row or event that cannot be read is listed with the
reason.
"""
