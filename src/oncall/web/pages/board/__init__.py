"""Pages for engineers and managers: the board, shifts, tickets and their actions, fairness, and the own page.

Imports `pages.frame`.
"""
