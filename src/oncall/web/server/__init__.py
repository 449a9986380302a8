"""Serves an application on a socket: limits on connections, metrics of the process, and a worker's probes.

Imports `web.services` and the layers below it.
"""
