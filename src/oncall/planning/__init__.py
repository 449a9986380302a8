"""The use cases of planning: make, repair, compare, verify, explain and publish plans, and keep the ledger.

Each use case is one function that the terminal and the API call. It reads no file that its caller has read, prints
nothing, and knows no database: callers pass in a transaction. Imports `rotation`, `paging.ports` and all below them.

The sub-packages are layers, lowest first: `sources`, then `plans` and `published` side by side, `swaps`, `posted` and
`views`. Each imports only layers below it.
"""
