"""Reads one team's roster file. The result is a Roster, or an error that lists every fault of the file.

Imports `support`.
"""
