"""Makes the fairest plan in stages: fairness, requests, even totals or points, few clumps, then shadow seats.

Imports `rotation.explain`, `rotation.solve` and `rotation.problem`.
"""
