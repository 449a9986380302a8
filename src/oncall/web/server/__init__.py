"""Serves an application on a socket: limits on connections, metrics of the process, and the probes of a worker.

Imports `web.services` and the layers below it.
"""
