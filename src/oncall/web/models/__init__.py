"""Pydantic models of queries and bodies: what `/openapi.json` says of them. The core reads the bodies.

Imports `web.edge`.
"""
