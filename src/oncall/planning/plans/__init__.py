"""Makes, repairs and verifies plans, compares rosters, and explains who has which seat.

Imports `planning.sources`. Nothing here changes the published schedule.
"""
