"""Repair a plan: change the fewest seats of a baseline so that it keeps today's rules, as fairly as that allows.

Imports `rotation.generate` for the seats of shadows, `rotation.explain` for the reasons when no plan exists, and the
layers below them.
"""
