"""Checks that the pager does its work: the audit, the findings of `oncall doctor`, and drills.

Imports `paging.actions` and the layers below it.
"""
