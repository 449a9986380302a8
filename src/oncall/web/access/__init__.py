"""Who may ask, and how often: tokens, roles, rate limits of callers, floods, and the record of refused requests.

Imports `web.edge`.
"""
