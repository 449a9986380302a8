"""Commands about the status page: incidents, maintenance, subscribers, its files, and the monitor.

Imports `cli.backends` and `cli.terminal`.
"""
