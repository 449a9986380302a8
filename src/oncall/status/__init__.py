"""The status page: components, incidents and maintenance as a log, and the page, feeds and uptime that follow from it.

It knows tickets only by id, so it may import the rooms below the pager alone.
"""
