"""A plan for people: charts for the terminal, one HTML page, a spreadsheet.

Imports `rotation.problem`.
"""
