"""What goes out: message texts, codes, new attempts, rate limits, and the function that carries out what a ticket
needs.

Imports `paging.domain`, `paging.ports` and `paging.clocks`. Sends nothing: `paging.sending` does.
"""
