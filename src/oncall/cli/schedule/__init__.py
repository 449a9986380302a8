"""Commands about the schedule: who is on call, calendars, the handoff, publications, overrides, swaps and absences.

Imports `cli.backends` and `cli.terminal`.
"""
