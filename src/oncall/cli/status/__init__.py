"""Commands about the status page: incidents, maintenance, subscribers, the files of the page, and the monitor.

Imports `cli.backends` and `cli.terminal`.
"""
