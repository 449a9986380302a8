"""The web pages of plan drafts: upload or make a plan, compare it with the published one, and publish it.

Imports `pages.frame`.
"""
