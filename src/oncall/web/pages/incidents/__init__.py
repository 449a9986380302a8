"""The engineers' web pages for the status page: incidents, maintenance and components.

Each form shows its effect first.
Imports `pages.frame`.
"""
