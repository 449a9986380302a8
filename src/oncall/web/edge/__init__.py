"""Reads requests and refuses bad ones: bodies, queries, entity tags, problem documents, and the cheapest routes.

Imports nothing else of `web`.
"""
