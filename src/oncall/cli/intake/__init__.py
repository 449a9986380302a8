"""Commands about what other systems send: requests that were not understood, a test of a mapping, heartbeats.

Imports `cli.backends` and `cli.terminal`.
"""
