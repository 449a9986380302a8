"""What goes out: message texts, codes, new attempts, rate limits, and the step that writes what a ticket is owed.

Imports `paging.domain`, `paging.ports` and `paging.clocks`. Sends nothing: `paging.sending` does.
"""
