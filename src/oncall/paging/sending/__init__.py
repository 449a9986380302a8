"""The engine of the pager: claims due attempts, sends them, records their outcomes, and follows receipts.

Imports `paging.domain`, `paging.ports`, `paging.clocks` and `paging.outgoing`.
"""
