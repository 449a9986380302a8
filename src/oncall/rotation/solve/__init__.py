"""CP-SAT models of the planning problem, the counting bound, and the search that runs the models.

Imports `rotation.problem`.
"""
