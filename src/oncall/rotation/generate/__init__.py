"""Makes the fairest plan in stages: fairness, then requests, then even spacing, then shadow seats.

Imports `rotation.explain`, `rotation.solve` and `rotation.problem`.
"""
