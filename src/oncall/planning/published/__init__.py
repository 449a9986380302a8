"""The published schedule: its version, its rules, how it is doing, and each change: publication, override, cover, undo.

Imports `planning.sources`. `planning.plans` and `planning.published` do not import each other.
"""
