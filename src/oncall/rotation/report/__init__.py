"""Shows a plan to people: charts for the terminal, an HTML page and a spreadsheet.

Imports `rotation.problem`.
"""
