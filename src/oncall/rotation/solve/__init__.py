"""CP-SAT models of the problem, the counting bound, and the search that runs them.

Imports `rotation.problem`.
"""
