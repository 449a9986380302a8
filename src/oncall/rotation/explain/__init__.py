"""Answers about a plan in words: why none exists, which relaxations allow one, why an engineer has a seat, what if.

Imports `rotation.solve`, `rotation.problem` and, to judge seats, `rotation.check`.
"""
