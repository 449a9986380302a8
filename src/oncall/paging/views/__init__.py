"""Shows tickets, verdicts and clocks as JSON, for the API and for `--json`.

Imports `paging.actions` and the layers below it.
"""
