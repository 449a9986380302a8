"""Pages for customers: the ticket behind a link, its conversation as it happens, and the portal with its forms.

Imports `pages.frame`.
"""
