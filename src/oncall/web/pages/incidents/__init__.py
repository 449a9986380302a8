"""The engineers' side of the status page: incidents, maintenance and components, each with its effect shown first.

Imports `pages.frame`.
"""
