"""The engine: claims due attempts, sends them, records the outcome, and follows receipts.

Imports `paging.domain`, `paging.ports`, `paging.clocks` and `paging.outgoing`.
"""
