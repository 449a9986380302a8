"""What callers and people ask for, in JSON, files, forms or by SMS: read it, and carry it out on the schedule.

Imports `planning.swaps` and the layers below it.
"""
