"""Reads a team's existing rota from a spreadsheet or calendar file, and makes a plan of it.

Imports `schedule`, `rosters` and `support`. Nothing is guessed: what cannot be read is listed with its row or event.
"""
