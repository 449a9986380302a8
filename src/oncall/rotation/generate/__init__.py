"""Makes the fairest plan in stages: cost, then requests, then spacing, then shadow seats.

Imports `rotation.explain`, `rotation.solve` and `rotation.problem`.
"""
