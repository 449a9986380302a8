"""The inputs of every plan: roster and policy files, days off, and the record of each engineer's service.

Imports nothing else of `planning`.
"""
