"""Checks that the pager works: the audit, the findings of `oncall doctor`, and drills.

Imports `paging.actions` and the layers below it.
"""
