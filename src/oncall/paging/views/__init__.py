"""Tickets, verdicts and clocks as JSON values, for the API and for `--json`.

Imports `paging.actions` and the layers below it.
"""
