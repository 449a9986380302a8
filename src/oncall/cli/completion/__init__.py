"""Completes command lines for a shell: reads the line, and looks up commands, engineers, tickets and times.

Imports `cli.command_tree`, `cli.backends` and `cli.terminal`.
"""
