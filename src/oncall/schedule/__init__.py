"""Shifts, plans and plan files; published plans with overrides on top; and who is on call.

Imports `rosters` and `support`.
"""
