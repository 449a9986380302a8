"""The web pages for customers: the ticket that a link shows, its live conversation, and the portal with its forms.

Imports `pages.frame`.
"""
