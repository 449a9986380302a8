"""Prints answers and reads options in the same way for every command: colours, tables, times, `--json`, progress.

Imports nothing else of `cli`.
"""
