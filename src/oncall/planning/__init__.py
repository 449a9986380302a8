"""The use cases of planning: make, repair, compare, verify, explain and publish plans, and keep the ledger.

Each use case is one function that the terminal and the API call. It prints nothing, reads no file that the caller has
already read, and gets its database transaction from the caller. Imports `rotation`, `paging.ports` and all packages
below them.

The sub-packages are layers, lowest first: `sources`, then `plans` and `published` side by side, `swaps`, `posted` and
`views`. Each imports only layers below it.
"""
