"""The web pages for engineers and managers: the board, shifts, tickets and their actions, fairness, and the own page.

A person's own page is `/me`. Imports `pages.frame`.
"""
