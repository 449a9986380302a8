"""Chooses the numbers of further changes for which a repair computes the cost.

Without turns, every number is possible. With turns, a seat changes only together with the other seats of its turn, so
that the number of changes is a sum of sizes of turns, and one more change often brings nothing where five more do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from oncall.rotation.repair.repair_baseline import RepairBaseline

_MOST_SHIFTS, _MOST_TURNS = 10, 4
_SHIFTS_IN_VAIN, _TURNS_IN_VAIN = 3, 2


@dataclass(frozen=True, slots=True)
class FurtherChanges:
    """Numbers of changes beyond those of a plan, in rising order.

    most_in_vain: the search stops after this many numbers in a row that bring nothing. A swap of two engineers takes
    two changes and a swap of three takes three, so that one or two numbers without a gain do not mean that no further
    one helps. With turns, these are changes of whole turns.
    """

    numbers: tuple[int, ...]
    most_in_vain: int


def further_changes(baseline: RepairBaseline, changes: int) -> FurtherChanges:
    """Return the numbers of further changes for which to compute the cost. changes: how many the plan already has."""
    sizes = set(_sizes(baseline))
    largest = max(sizes, default=1)
    if largest == 1:
        return FurtherChanges(tuple(range(1, _MOST_SHIFTS + 1)), _SHIFTS_IN_VAIN)
    last = changes + _MOST_TURNS * largest
    sums = {0}
    for total in range(1, last + 1):
        if any(total - size in sums for size in sizes):
            sums.add(total)
    numbers = tuple(total - changes for total in sorted(sums) if total > changes)
    return FurtherChanges(numbers, _TURNS_IN_VAIN * largest)


def _sizes(baseline: RepairBaseline) -> Iterator[int]:
    """Yield, for each unit and role, how many seats change if another engineer gets the role."""
    for unit in baseline.open.units:
        for role in baseline.open.roles:
            holders = Counter(holder for number in unit if (holder := baseline.holders[number, role]) is not None)
            # An engineer who has a part of the unit already keeps that part.
            yield from (holders.total() - part for part in (0, *holders.values()) if holders.total() > part)
