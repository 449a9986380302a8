"""Reads requests and refuses bad ones: bodies, queries, entity tags, problem documents, and fast routes.

Imports nothing else of `web`.
"""
