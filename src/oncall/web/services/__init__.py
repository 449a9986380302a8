"""The objects that routes work with, and facts cached in memory for many readers: update streams, status page, rosters.

Imports `web.access` and `web.edge`. A route declares what it needs by the types in `dependencies`.
"""
