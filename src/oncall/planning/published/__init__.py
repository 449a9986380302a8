"""The published schedule: its versions, its rules, its state, and changes: publication, override, cover, undo.

Imports `planning.sources`. `planning.plans` and `planning.published` do not import each other.
"""
