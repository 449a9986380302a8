"""Lists the numbers of further changes that a repair can price.

Without turns, every number is possible. With turns, a seat changes only together with the other seats of its turn, so
that the number of changes is a sum of sizes of turns, and one more change often brings nothing where five more do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from oncall.rotation.repair.repair_baseline import RepairBaseline


def possible_changes(baseline: RepairBaseline) -> list[int]:
    """Return every number of changes that a plan may have, in rising order. The last one changes every open seat."""
    sizes = set(_sizes(baseline))
    every = sum(1 for holder in baseline.holders.values() if holder is not None)
    sums = {0}
    for total in range(1, every + 1):
        if any(total - size in sums for size in sizes):
            sums.add(total)
    # Parts of turns may add up to fewer changes than there are seats.
    return sorted(sums | {every})


def _sizes(baseline: RepairBaseline) -> Iterator[int]:
    """Yield, for each unit and role, how many seats change if another engineer gets the role."""
    for unit in baseline.open.units:
        for role in baseline.open.roles:
            holders = Counter(holder for number in unit if (holder := baseline.holders[number, role]) is not None)
            # An engineer who has a part of the unit already keeps that part.
            yield from (holders.total() - part for part in (0, *holders.values()) if holders.total() > part)
