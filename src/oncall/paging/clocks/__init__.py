"""SLA clocks of a stored ticket: its event log read with the policy and calendar that were in force at each event.

Imports `paging.domain` and `paging.ports`.
"""
