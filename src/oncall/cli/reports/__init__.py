"""Commands that write reports: SLA targets, duty and pay, load, and the rehearsal of past months.

Imports `cli.backends` and `cli.terminal`.
"""
