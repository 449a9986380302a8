"""The routes of the API: tickets, the schedule, swaps, reports, tokens, probes, and whatever else `oncall` needs of a
server.

Imports `web.models`, `web.services` and the layers below them.
"""
