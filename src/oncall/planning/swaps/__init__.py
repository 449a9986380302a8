"""Swaps and absences: who could take a shift, requests between engineers, and covers with the fewest changes.

Imports `planning.published` and the layers below it.
"""
