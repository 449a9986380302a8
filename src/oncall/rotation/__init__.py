"""The planner: from a roster and its shifts to the fairest plan, with a proof, or to the rules and dates that conflict.

The sub-packages are layers, lowest first: `check` and `problem` side by side, `solve`, `explain`, `generate`, `repair`.
`report` needs `problem` only. Each imports only layers below it.
"""
