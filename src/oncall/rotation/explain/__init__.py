"""Explains plans in words: why none exists, which relaxations allow one, why an engineer has a seat, what if.

Imports `rotation.solve`, `rotation.problem` and, to check seats, `rotation.check`.
"""
