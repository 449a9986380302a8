"""The status page: a log of events about components, incidents and maintenance, and the page, feeds and uptime from it.

It knows tickets only by id, so it may import only packages below `paging`.
"""
