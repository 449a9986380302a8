"""What is sent: message texts, codes, new attempts, rate limits, and the function that does what is due for a ticket.

Imports `paging.domain`, `paging.ports` and `paging.clocks`. Sends nothing: `paging.sending` does.
"""
