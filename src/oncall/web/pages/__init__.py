"""HTML for people: the board, shifts, plan drafts, a ticket, a customer's ticket and the portal, and the sign-in.

Imports `web.services` and the layers below it.
"""
