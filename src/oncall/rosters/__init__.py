"""One team's roster: its YAML file becomes a Roster, or every fault of the file at once.

Imports `support`.
"""
