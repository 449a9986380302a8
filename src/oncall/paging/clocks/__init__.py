"""Computes the SLA clocks of a stored ticket from its event log.

Each event is read with the policy and the calendar that were in force at its time. Imports `paging.domain` and
`paging.ports`.
"""
