"""The status page: its public files and feeds, the API for incidents and maintenance, and subscriptions.

Imports `web.pages`, `web.services` and the layers below them.
"""
