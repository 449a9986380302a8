"""Routes of the API: tickets, the schedule, swaps, reports, tokens, probes and what else the terminal asks a server.

Imports `web.models`, `web.services` and the layers below them.
"""
