"""Read the rota that a team has, from a spreadsheet or a calendar file, as a plan.

Imports `schedule`, `rosters` and `support`. Nothing is guessed: what cannot be read is listed with its row or event.
"""
