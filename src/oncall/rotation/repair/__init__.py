"""Repairs a plan: changes the fewest seats of a baseline so that it keeps today's rules, as fairly as possible.

Imports `rotation.generate` for shadow seats, `rotation.explain` for the reasons why no plan exists, and the layers
below them.
"""
