"""Repairs a published plan with the fewest changed seats.

Imports `rotation.generate` and the layers below it.
"""
