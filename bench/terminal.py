"""How long an engineer waits at the terminal: whole processes, beside the bare start of `import typer` in the same run.

The processes of all rows take turns, so that a busy machine slows them all alike. The source is compiled before, as pip
compiles an installed package.
"""

from __future__ import annotations

import compileall
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import cycle, islice
from pathlib import Path
from statistics import median

import oncall
from oncall.paging.ports.records import NewVersion
from oncall.rosters.roster_file import read_roster
from oncall.schedule.plan import Plan, Seat
from oncall.schedule.shifts import shifts_between
from oncall.schedule.version_document import PUBLISH, publication_document
from oncall.store.database import open_store
from oncall.support.calendar import calendar_of
from oncall.support.policy_file import packaged_policy_text

RUNS = int(os.environ.get("BENCH_RUNS", "25"))
MANY = 5_000
"""Shifts in the larger schedule: about twenty years of one team."""
FIRST_DAY, LAST_DAY, LAST_DAY_OF_MANY = date(2027, 1, 4), date(2028, 1, 2), date(2047, 1, 6)
ONCALL = [sys.executable, "-m", "oncall.cli.main"]
NIGHT = "2027-01-09T03:12:00-05:00"
COMMANDS = {
    "oncall who": ["who", "--at", NIGHT],
    "oncall next ana": ["next", "ana"],
    "oncall tonight": ["tonight"],
}
ROSTER = Path(__file__).parents[1] / "rosters" / "itopia-cas.yaml"
BARE = "python -c 'import typer'"


def main() -> None:
    """Print the median of each command, and its time and CPU beside the bare start's; the promise is at most 1.5."""
    compileall.compile_dir(Path(oncall.__file__).parent, quiet=2)
    print(f"\nAt the terminal (whole processes in turn, medians of {RUNS})")
    with tempfile.TemporaryDirectory() as folder:
        rows: dict[str, tuple[Sequence[str], Mapping[str, str]]] = {
            BARE: ([sys.executable, "-c", "import typer"], os.environ)
        }
        for what, last_day in (("a published year", LAST_DAY), (f"{MANY:,} shifts", LAST_DAY_OF_MANY)):
            url = f"sqlite:///{folder}/{last_day}.db"
            publish(url, last_day)
            settings = {**os.environ, "ONCALL_DATABASE_URL": url, "ONCALL_CLOCK": NIGHT}
            rows |= {f"{name}, {what}": ([*ONCALL, *words], settings) for name, words in COMMANDS.items()}
        runs: dict[str, list[tuple[float, float]]] = {name: [] for name in rows}
        for _ in range(RUNS):
            for name, (command, environment) in rows.items():
                runs[name].append(_seconds(command, environment))
    bare, bare_cpu = map(median, zip(*runs[BARE], strict=True))
    for name, measured in runs.items():
        whole, cpu = map(median, zip(*measured, strict=True))
        print(
            f"{name:<34} {whole * 1000:6.0f} ms {whole / bare:5.2f}x   CPU {cpu * 1000:6.0f} ms {cpu / bare_cpu:5.2f}x"
        )


def publish(url: str, last_day: date) -> None:
    """Publish the packaged team's shifts from FIRST_DAY on, at most MANY; its engineers take them in turn."""
    roster = read_roster(ROSTER)
    calendar = calendar_of(roster.policy, roster.holidays)
    shifts = shifts_between(calendar, first_day=FIRST_DAY, last_day=last_day, rules=roster.rules)[:MANY]
    people = cycle(engineer.id for engineer in roster.engineers)
    seats = [
        Seat(shift.window, shift.kind, role, person)
        for shift in shifts
        for role, person in zip(roster.rules.roles, islice(people, len(roster.rules.roles)), strict=True)
    ]
    document = publication_document(Plan(roster.team, roster.zone, tuple(seats)), roster)
    sources = {
        "roster": "",
        "policy": packaged_policy_text(),
        "policy_source": "packaged",
        "policy_zone": roster.zone.key,
    }
    at = seats[0].window.start - timedelta(days=1)
    with open_store(url) as store:
        store.write(lambda tx: tx.add_version(NewVersion(at, PUBLISH, "bench", "bench", document, sources)))


def _seconds(command: Sequence[str], environment: Mapping[str, str]) -> tuple[float, float]:
    """Return the seconds from the start of the process to its end, and the seconds that it kept a processor busy."""
    began, used = time.perf_counter(), _children_cpu()
    subprocess.run(command, env=environment, check=True, capture_output=True)
    return time.perf_counter() - began, _children_cpu() - used


def _children_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
