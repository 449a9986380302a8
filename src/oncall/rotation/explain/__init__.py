"""Answers in words: why no plan exists, what to relax, why this person has this seat, what other rules would cost.

Imports `rotation.solve`, `rotation.problem` and, to judge seats, `rotation.check`.
"""
