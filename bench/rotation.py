"""The planner's bench: time to the proof, beside three methods without one (`planning_peers`).

Times are of the model and its proof, without the import of the solver.
"""

from __future__ import annotations

import resource
import statistics
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import date, timedelta
from multiprocessing import get_context

from bench.planning_instances import FIRST_DAY, INFEASIBLE, INSTANCES, LATER, WITH_WHOLE_DAYS, Instance
from bench.planning_peers import PATTERN_LARGEST, least_loaded, nurse_pattern, round_robin
from oncall.rosters.roster import Absence, Roster
from oncall.rotation.check.checker import examine
from oncall.rotation.solve.search import SearchProgress
from oncall.schedule.plan import Plan, Shift

REPEATS = 3


ALLOWED = {
    "8 x 13": 0.2,
    "12 x 52, seed 0": 1.0,
    "12 x 52, seed 1": 1.0,
    "12 x 52, seed 2": 1.0,
    "12 x 52, requests": 3.0,
    "12 x 52, pairs": 3.0,
    "12 x 52, requests, pairs": 3.0,
    "6 x 26, rest 2": 10.0,
    "50 x 52": 4.0,
    "100 x 52": 12.0,
    "4 + 3 x 13, juniors": 5.0,
    "12 x 52, 3 juniors, total": 5.0,
    "200 x 52": 10.0,
    "12 x 52, points": 5.0,
    "50 x 52, points": 5.0,
    "12 x 52, weekly turns": 5.0,
    "3 x 6 x 26, sun": 5.0,
    "7 x 8, 80 hours": 5.0,
}
"""Seconds that the proof may take on a quiet machine, and 2 more if requests come after it."""


@dataclass(frozen=True, slots=True)
class Measured:
    """The result of one method on one instance. seconds: a median. broken: the number of violations, gaps included.

    settled: the median of the seconds until cost and requests are settled; what follows spreads shifts over the weeks.
    clumps: the plan's distance and bound.
    """

    seconds: float
    cost: int
    broken: int
    status: str = ""
    bound: int = 0
    settled: float = 0.0
    clumps: str = ""


Method = Callable[[Roster, Sequence[Shift]], Plan]


def measure(method: Method, roster: Roster, shifts: Sequence[Shift], repeats: int) -> Measured:
    """Run a method, and return its time and what the independent checker finds."""
    times, settled = [], []
    for _ in range(repeats):
        began = time.perf_counter()
        plan = method(roster, shifts)
        times.append(time.perf_counter() - began)
        settled.append(_SETTLED.pop() - began if _SETTLED else times[-1])
    dated = Plan(plan.team, plan.zone, plan.seats, first_day=shifts[0].day, last_day=shifts[-1].day)
    found = examine(dated, roster)
    bound = plan.fairness.bound if plan.fairness else 0
    clumps = f"{plan.clumps.distance / 1000:.2f} / {plan.clumps.bound / 1000:.2f}" if plan.clumps else "-"
    return Measured(
        statistics.median(times),
        found.cost,
        len(found.violations),
        plan.status or "",
        bound,
        statistics.median(settled),
        clumps,
    )


_SETTLED: list[float] = []
"""The instant at which our own method settled cost and requests."""


def proven(roster: Roster, shifts: Sequence[Shift]) -> Plan:
    """Return the plan of this planner."""
    from oncall.rotation.generate.clump_stage import STAGE
    from oncall.rotation.generate.fairest_plan import fairest_plan

    _SETTLED.clear()

    def note(progress: SearchProgress) -> None:
        if progress.stage == STAGE and not _SETTLED:
            _SETTLED.append(time.perf_counter())

    return fairest_plan(roster, shifts, on_progress=note)


PEERS: tuple[tuple[str, Method], ...] = (
    ("round robin", round_robin),
    ("least loaded", least_loaded),
    ("nurse pattern", nurse_pattern),
)
HEADER = [
    "instance",
    "proof s",
    "allowed s",
    "in all s",
    "cost",
    "bound",
    "broken",
    "status",
    "clumps / bound",
    "MB",
    *(f"{peer} {what}" for peer, _ in PEERS for what in ("s", "cost", "broken")),
]


def alone(instance: Instance) -> list[str]:
    """Return the measurements of one instance with our own method alone."""
    return row(instance, peers=())


def row(instance: Instance, repeats: int = REPEATS, peers: Sequence[tuple[str, Method]] | None = None) -> list[str]:
    """Return the measurements of one instance with every method. MB: the peak of this process after our own solves."""
    roster = instance.roster()
    shifts = instance.shifts(roster)
    ours = measure(proven, roster, shifts, repeats)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    allowed = ALLOWED.get(instance.name)
    cells = [instance.name, f"{ours.settled:.2f}", "-" if allowed is None else f"{allowed:g}", f"{ours.seconds:.2f}"]
    cells += [str(ours.cost), str(ours.bound), str(ours.broken), ours.status, ours.clumps, f"{memory:.0f}"]
    for name, method in PEERS if peers is None else peers:
        if name == "nurse pattern" and instance.people > PATTERN_LARGEST:
            cells += ["-", "-", "-"]
            continue
        peer = measure(method, roster, shifts, 1)
        cells += [f"{peer.seconds:.2f}", str(peer.cost), str(peer.broken)]
    return cells + ["-"] * (len(HEADER) - len(cells))


def ill(roster: Roster, first: date) -> Roster:
    """Return the same team with one engineer ill for two weeks."""
    person = roster.engineers[3]
    absences = (*person.absences, Absence(first, first + timedelta(days=13), "ill"))
    people = (*roster.engineers[:3], replace(person, absences=absences), *roster.engineers[4:])
    return replace(roster, engineers=people)


def repaired(instance: Instance) -> list[str]:
    """Return the measurements of one repair after an illness: without and with the search for more changes."""
    from oncall.rotation.repair.repair import repair

    roster = instance.roster()
    shifts = instance.shifts(roster)
    plan = proven(roster, shifts)
    first_open = FIRST_DAY + timedelta(weeks=instance.weeks // 3)
    now = ill(roster, first_open + timedelta(weeks=1))
    times = []
    for options in ((), (2, 4)):
        began = time.perf_counter()
        found = repair(now, shifts, plan, first_open=first_open, option_changes=options)
        times.append(f"{time.perf_counter() - began:.2f}")
    assert found.plan.fairness is not None
    cost = f"{found.cost_before} -> {found.plan.fairness.cost}"
    improved = ", ".join(f"+{option.more_changes}: {option.cost}" for option in found.options)
    return [instance.name, *times, str(found.fewest), cost, improved or "nothing to gain"]


def refused(instance: Instance) -> list[str]:
    """Return how long the planner takes to explain why no plan exists, and the number of reasons."""
    from oncall.errors import PlanInfeasible

    roster = instance.roster()
    shifts = instance.shifts(roster)
    began = time.perf_counter()
    try:
        proven(roster, shifts)
    except PlanInfeasible as refusal:
        return [instance.name, f"{time.perf_counter() - began:.2f}", str(len(refusal.reasons)), refusal.summary]
    return [instance.name, f"{time.perf_counter() - began:.2f}", "0", "a plan exists"]


def print_table(title: str, rows: Sequence[Sequence[str]]) -> None:
    """Print aligned columns under a title."""
    print(f"\n{title}")
    widths = [max(len(line[column]) for line in rows) for column in range(len(rows[0]))]
    for line in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def in_own_process(measured: Callable[[Instance], list[str]], instance: Instance) -> list[str]:
    """Return one row, measured in its own process, so that its peak memory is its own; imports are not counted."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        pool.submit(warm_up).result()
        return pool.submit(measured, instance).result()


def warm_up() -> None:
    """Import the solver, so that no time includes it."""
    first = INSTANCES[0].roster()
    proven(first, INSTANCES[0].shifts(first))


def main() -> None:
    """Measure every instance and print the tables."""
    rows = [HEADER, *(in_own_process(row, instance) for instance in INSTANCES)]
    print_table("Rotation: seconds to the proof (median of 3, one worker), fairness cost, rules broken", rows)
    rows = [HEADER, *(in_own_process(alone, instance) for instance in (*WITH_WHOLE_DAYS, *LATER))]
    print_table("Days off that block whole days, and teams that came later", rows)
    header = ["instance", "s", "with options s", "fewest seats", "cost", "more changes"]
    rows = [in_own_process(repaired, instance) for instance in INSTANCES if instance.name in REPAIRED]
    print_table("One engineer ill for two weeks, repaired", [header, *rows])
    header = ["instance", "s", "reasons", "summary"]
    print_table("No plan, because", [header, in_own_process(refused, INFEASIBLE)])


REPAIRED = ("8 x 13", "12 x 52, seed 0", "50 x 52")

if __name__ == "__main__":
    main()
