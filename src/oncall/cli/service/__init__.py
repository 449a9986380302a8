"""Commands for operators: serve, migrate, backup, doctor, the policy, tokens, logins and webhooks.

Imports `cli.backends` and `cli.terminal`.
"""
