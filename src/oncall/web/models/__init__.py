"""Pydantic models of queries and bodies, from which `/openapi.json` is made. The models do not check requests.

Imports `web.edge`.
"""
