"""Commands about tickets: list, show, acknowledge, pass, reply, resolve and merge them.

Imports `cli.backends` and `cli.terminal`.
"""
