"""The independent checker: does a plan keep every rule of its roster, and is its proof true?

It shares no code with the planner, so that one mistake cannot be in both. It imports nothing else of `rotation`. Only
`second_model` and `second_opinion` use a solver, and not the planner's one, for a bound on the cost.
"""
