"""The list of tests that `make quick` leaves out because of their running time, and the program that renews it.

    python -m pytest -q -n 3 --dist worksteal --durations=0 --durations-min=0.005 > out/durations.txt
    python -m tests.slow_tests out/durations.txt

A test is on the list if it ran for longer than `LIMIT_SECONDS`, on average over the cases that the report names.
A test that is marked `slow` in its file stays out of `make quick` without an entry.
"""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from statistics import median

LIMIT_SECONDS = 0.1
"""With this limit, the tests that are left need about a minute and a half on two cores."""
LIST = Path(__file__).with_name("slow_tests.txt")
_LINE = re.compile(
    r" *(?P<seconds>[\d.]+)s (?P<phase>setup|call|teardown) +(?P<test>tests/\S+?\.py::[^\[\s]+)(?P<case>.*)"
)


@cache
def listed_tests() -> frozenset[str]:
    """Return the tests on the list, as `file::function` or `file::class::function`."""
    return frozenset(LIST.read_text(encoding="utf-8").split())


def without_case(node_id: str) -> str:
    """Return a test's id without its case: `tests/a.py::test_b` for `tests/a.py::test_b[1]`."""
    return node_id.split("[", maxsplit=1)[0]


def slow_tests(report: Iterable[str]) -> list[str]:
    """Return the tests to list, sorted. report: the lines of pytest's durations, in seconds.

    A file's usual set-up counts, and a set-up that only its first test pays does not: another test would pay it.
    """
    spent: dict[str, dict[str, dict[str, float]]] = defaultdict(lambda: defaultdict(dict))
    for line in report:
        if found := _LINE.match(line):
            spent[found["test"]][found["case"]][found["phase"]] = float(found["seconds"])
    usual_setup = _usual_setups(spent)
    slow = []
    for test, cases in spent.items():
        calls = sum(phases.get("call", 0.0) + phases.get("teardown", 0.0) for phases in cases.values())
        if calls / len(cases) + usual_setup[_file_of(test)] > LIMIT_SECONDS:
            slow.append(test)
    return sorted(slow)


def _usual_setups(spent: dict[str, dict[str, dict[str, float]]]) -> dict[str, float]:
    """Return the median set-up of each file's tests, in seconds."""
    setups: dict[str, list[float]] = defaultdict(list)
    for test, cases in spent.items():
        setups[_file_of(test)].extend(phases.get("setup", 0.0) for phases in cases.values())
    return {file: median(seconds) for file, seconds in setups.items()}


def _file_of(test: str) -> str:
    return test.split("::", maxsplit=1)[0]


def main() -> None:
    """Write the list from a report of durations."""
    tests = slow_tests(Path(sys.argv[1]).read_text(encoding="utf-8").splitlines())
    LIST.write_text("\n".join(tests) + "\n", encoding="utf-8")
    print(f"{len(tests)} tests are on the list")


if __name__ == "__main__":
    main()
