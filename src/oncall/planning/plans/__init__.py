"""Makes a plan, repairs one, compares rosters, verifies a plan, and explains who has which seat.

Imports `planning.sources`. Nothing here changes the published schedule.
"""
