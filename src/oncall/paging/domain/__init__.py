"""Pure values and decisions: ticket, events, state, verdict, escalation, and what the pager must do at an instant.

Imports nothing else of `paging`. Reads no clock and no store: every function takes what it needs.
"""
