"""The planning problem: people, shifts, hard rules, shares, requests and history, numbered for the solver.

Imports nothing else of `rotation`, and no solver.
"""
