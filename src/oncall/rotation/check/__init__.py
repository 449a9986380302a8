"""The independent checker: whether a plan keeps every rule of its roster, and whether its proof holds.

It shares no code with the planner, so that one mistake cannot hide in both. It imports nothing else of `rotation`.
Only `second_model` and `second_opinion` use a solver, another one than the planner's, for a bound on the cost.
"""
