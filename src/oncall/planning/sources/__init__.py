"""What every plan starts from: roster and policy files, days off, and the record of what each engineer has served.

Imports nothing else of `planning`.
"""
