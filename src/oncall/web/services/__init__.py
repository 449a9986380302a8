"""The objects that routes work with, and facts kept in memory for many readers: open pages, the status page, rosters.

Imports `web.access` and `web.edge`. A route declares what it needs by the types in `dependencies`.
"""
