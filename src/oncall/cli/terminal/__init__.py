"""Prints answers and parses options the same way for every command: colours, tables, times, `--json`, progress.

Imports nothing else of `cli`.
"""
