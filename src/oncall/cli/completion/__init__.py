"""Completes command lines for a shell: parses the line, and finds commands, engineers, tickets and times.

Imports `cli.command_tree`, `cli.backends` and `cli.terminal`.
"""
