"""The planner: makes the fairest plan from a roster and its shifts, with a proof, or explains why there is none.

The sub-packages are layers, lowest first: `check` and `problem` side by side, `solve`, `explain`, `generate`, `repair`.
`report` imports only `problem`. Each imports only layers below it.
"""
