"""Commands about plans and rosters: check, generate, import, verify, explain, compare, and the ledger.

Imports `cli.backends` and `cli.terminal`.
"""
