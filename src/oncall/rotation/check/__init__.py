"""The independent checker: whether a plan keeps every rule of its roster, and whether its proof holds.

It shares no code with the planner, so that one mistake cannot hide in both. It imports nothing else of `rotation`, and
no solver but for `second_model` and `second_opinion`, which ask another solver for a bound on the cost.
"""
