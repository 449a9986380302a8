"""Signing in and out, by a link or at the identity provider.

Imports `pages.frame`.
"""
