"""Decides which requests are allowed: tokens, roles, rate limits of callers, floods, and the record of refused
requests.

Imports `web.edge`.
"""
