"""Reads what callers and people ask for (in JSON, files, forms or by SMS), and carries it out on the schedule.

Imports `planning.swaps` and the layers below it.
"""
