"""The web pages for customers: the ticket behind a link, its live conversation, and the portal with its forms.

Imports `pages.frame`.
"""
