"""The independent checker: does a plan keep every rule, and does its proof hold? It shares no code with the planner.

Imports nothing else of `rotation`, and no CP-SAT.
"""
