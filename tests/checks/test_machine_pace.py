"""Bounds on time grow with the slowness of the machine, and never shrink."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import accumulate, chain, repeat

import pytest

from doubles.machine_pace import slowness


def clock(*seconds: float) -> Callable[[], float]:
    """Return a clock on which the measured pieces of work take these seconds, one after the other."""
    times: Iterator[float] = accumulate(chain.from_iterable(zip(repeat(0.0), seconds)))
    return lambda: next(times)


def test_a_machine_as_fast_as_the_reference_keeps_the_bounds() -> None:
    assert slowness(clock(0.005, 0.005, 0.005)) == 1.0


def test_a_faster_machine_keeps_the_bounds() -> None:
    assert slowness(clock(0.001, 0.001, 0.001)) == 1.0


def test_a_machine_of_a_tenth_of_the_speed_has_ten_times_as_long_by_its_quickest_try() -> None:
    assert slowness(clock(0.9, 0.05, 0.2)) == pytest.approx(10.0)
