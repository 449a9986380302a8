"""Commands that write reports: SLA targets, served shifts and pay, load, and the rehearsal of past months.

Imports `cli.backends` and `cli.terminal`.
"""
