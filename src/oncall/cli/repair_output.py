"""Repair in the terminal: `generate --keep` changes the fewest seats of a plan, and says who gains and loses what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from oncall.cli.output import tell
from oncall.cli.plan_inputs import refuse_broken, shifts_of
from oncall.cli.planning_context import Sources, strangers_on, what_stands
from oncall.cli.search_progress import interruption, progress_line
from oncall.errors import Refused

if TYPE_CHECKING:
    from oncall.rosters.relaxation import Relaxation
    from oncall.rosters.roster import Roster
    from oncall.rotation.problem.context import PlanningContext
    from oncall.rotation.repair.repair_result import ChangeOption, Repair, RequestOutcome, SeatChange
    from oncall.schedule.plan import Plan

KEEP = typer.Option(None, "--keep", metavar="PLAN", help="Mend this plan: as few seats as possible change.")
FROM = typer.Option(None, "--from", metavar="DATE", help="With --keep: shifts that start before it stay as they are.")
CHANGES = typer.Option(0, "--changes", metavar="N", min=0, help="With --keep: let so many more seats change.")
FREEZE = typer.Option(
    0, "--freeze", metavar="DAYS", min=0, max=3660, help="With --keep: whoever still can stays for so many days."
)
OPEN = typer.Option(
    [], "--open", metavar="DATE", help="With --freeze: a date that may change all the same; repeatable."
)


@dataclass(frozen=True, slots=True)
class RepairOptions:
    """What `--keep` and the options that go with it ask for."""

    keep: Path
    first_open: date
    changes: int = 0
    freeze: int = 0
    opened: frozenset[date] = frozenset()


def mend(
    team: Roster,
    wanted: RepairOptions,
    sources: Sources,
    relaxations: Sequence[Relaxation],
    *,
    seed: int,
    limit: float | None,
) -> Repair:
    """The mended and checked plan, with the story on stderr. Raises what `repair` raises."""
    from oncall.rosters.relaxed_roster import relaxed
    from oncall.rotation.check.used_relaxations import marked
    from oncall.schedule.plan_file import read_plan

    keep = read_plan(wanted.keep, team=team.team, zone=team.policy.zone)
    keep = _dated(wanted.keep, keep, team)
    strangers_on(wanted.keep, keep, team)
    wanted = _from_its_start(wanted, keep)
    _refuse_dates_not_frozen(wanted)
    assert keep.first_day is not None
    assert keep.last_day is not None
    given = _given(wanted, keep, team, sources)
    agreed = tuple(dict.fromkeys([*_still_agreed(wanted.keep, keep, team), *relaxations]))
    shifts = shifts_of(team, keep.first_day, keep.last_day)
    with interruption() as is_interrupted, progress_line() as show:
        from oncall.rotation.repair.repair import repair

        found = repair(
            relaxed(team, agreed),
            shifts,
            keep,
            first_open=wanted.first_open,
            more_changes=wanted.changes,
            frozen_days=wanted.freeze,
            opened=wanted.opened,
            seed=seed,
            time_limit=None if limit is None else timedelta(seconds=limit),
            on_progress=show,
            should_stop=is_interrupted,
            given=given,
        )
    found = replace(found, plan=marked(replace(found.plan, notes=tuple(story(found))), agreed))
    refuse_broken(found.plan, team, given)
    for line in found.plan.notes:
        tell(line)
    return found


def _still_agreed(path: Path, keep: Plan, team: Roster) -> list[Relaxation]:
    """The exceptions that the kept plan is marked with, but for those that the roster has made pointless."""
    from oncall.rosters.relaxed_roster import relaxed

    fitting: list[Relaxation] = []
    for each in keep.relaxed:
        try:
            relaxed(team, [*fitting, each])
            fitting.append(each)
        except Refused as refusal:
            tell(f"an exception that {path} is marked with is left out: {refusal}")
    return fitting


def _given(wanted: RepairOptions, keep: Plan, team: Roster, sources: Sources) -> PlanningContext:
    """What stands around the plan. It makes up for what it did before, so that shares stay as they were."""
    assert keep.first_day is not None
    assert keep.last_day is not None
    if keep.balances and sources.ledger is not None:
        sources.say(f"{wanted.keep} has its own balances, and keeps them; those of {sources.ledger} are not used")
    own = None if sources.ledger is not None and not keep.balances else keep.balances
    return what_stands(team, keep.first_day, keep.last_day, sources, balances=own, kept_until=wanted.first_open)


def _refuse_dates_not_frozen(wanted: RepairOptions) -> None:
    last = wanted.first_open + timedelta(days=wanted.freeze - 1)
    outside = [str(day) for day in sorted(wanted.opened) if not wanted.first_open <= day <= last]
    if outside:
        span = str(last) if last == wanted.first_open else f"{wanted.first_open} to {last}"
        raise Refused(f"--open {outside[0]}: only {span} is frozen; name one of these dates, or freeze more days")


def _from_its_start(wanted: RepairOptions, keep: Plan) -> RepairOptions:
    """The same, from the plan's first date where it asks for an earlier one."""
    assert keep.first_day is not None
    if wanted.first_open >= keep.first_day:
        return wanted
    tell(f"the plan begins on {keep.first_day}: all of it may change")
    return replace(wanted, first_open=keep.first_day)


def _dated(path: Path, keep: Plan, team: Roster) -> Plan:
    """The plan with its dates, as its seats have them where the file does not say. Raises Refused."""
    if keep.team != team.team:
        raise Refused(f"{path} is a plan of team {keep.team}, and {team.source} is the roster of team {team.team}")
    if not keep.seats:
        raise Refused(f"{path}: the plan has no shift; there is nothing to mend")
    days = [seat.window.start.astimezone(team.policy.zone).date() for seat in keep.seats]
    return replace(keep, first_day=keep.first_day or min(days), last_day=keep.last_day or max(days))


def story(found: Repair) -> list[str]:
    """What was changed and what it costs, in sentences."""
    plan = found.plan
    assert plan.fairness is not None
    changed, cost = len(found.changes), plan.fairness.cost
    fewest = "the fewest possible" if found.fewest_is_proven else "and fewer may do"
    if changed > found.fewest:
        fewest = f"{found.fewest} would be {'the fewest possible' if found.fewest_is_proven else 'enough'}"
    lines = [f"mended from {plan.kept_until}: {_seats(changed)} changed, {fewest}"]
    if found.new_seats:
        lines.append(f"{_seats(len(found.new_seats))} of new shifts are filled")
    proof = (
        "no plan with as few changes costs less" if found.best_is_proven else "a plan with as few changes may cost less"
    )
    lines.append(f"cost {found.cost_before} -> {cost}; {proof}")
    if found.wishes is not None:
        lines.append(_wishes_line(found.wishes, plan))
    lines += [_offer_line(offer, cost) for offer in found.offers]
    if found.offers:
        lines.append("choose with --changes " + " or --changes ".join(str(offer.changes) for offer in found.offers))
    kept = f"with the shifts before {plan.kept_until} as they are"
    if cost == plan.fairness.bound:
        lines.append(f"optimal: {kept}, no plan costs less, however many seats change")
    else:
        lines.append(f"feasible: {kept}, no plan costs less than {plan.fairness.bound}, however many seats change")
    return lines


def _offer_line(offer: ChangeOption, cost: int) -> str:
    changes = "+1 change" if offer.changes == 1 else f"+{offer.changes} changes"
    return f"{changes}: cost {cost} -> {offer.cost}{'' if offer.is_best else ' or less'}"


def _wishes_line(wishes: RequestOutcome, plan: Plan) -> str:
    met = wishes.tally.text.removeprefix("requests: ")
    best = "no plan with as few changes and as fair keeps more"
    if not wishes.is_best:
        best = "a plan with as few changes and as fair may keep more"
    return f"requests from {plan.kept_until} on: {met}; {best}"


def _seats(number: int) -> str:
    return f"{number} seat{'' if number == 1 else 's'}"


def diff_lines(found: Repair) -> list[str]:
    """Who loses and gains which seats, a line for each."""
    zone = found.plan.zone
    lines = []
    for person, (lost, gained) in found.by_person().items():
        lines.append(f"{person}: loses {len(lost)}, gains {len(gained)}")
        changes = [*(("-", change) for change in lost), *(("+", change) for change in gained)]
        for sign, change in sorted(changes, key=lambda each: (each[1].window.start, each[1].role)):
            start = change.window.start.astimezone(zone)
            other = f"to {change.after}" if sign == "-" else f"from {change.before}" if change.before else "new"
            lines.append(f"  {sign} {start:%a %Y-%m-%d %H:%M} {change.kind} {change.role} ({other})")
    return lines or ["nothing changes for anybody"]


def _requests_view(found: Repair) -> dict[str, Any] | None:
    if found.wishes is None:
        return None
    tally = found.wishes.tally
    counts = {"broken": tally.avoided_taken, "avoided": tally.avoided, "met": tally.preferred_taken}
    return {**counts, "together": tally.together, "proven": found.wishes.is_best}


def view(found: Repair) -> dict[str, Any]:
    """The same for machines."""
    zone = found.plan.zone

    def seat(change: SeatChange) -> dict[str, Any]:
        return {
            "start": change.window.start.astimezone(zone).isoformat(),
            "end": change.window.end.astimezone(zone).isoformat(),
            "kind": str(change.kind),
            "role": change.role,
            "before": change.before,
            "after": change.after,
        }

    return {
        "fewest": found.fewest,
        "fewest_is_proven": found.fewest_is_proven,
        "cost_before": found.cost_before,
        "best_is_proven": found.best_is_proven,
        "requests": _requests_view(found),
        "changes": [seat(change) for change in found.changes],
        "new_seats": [seat(change) for change in found.new_seats],
        "by_person": {
            person: {"lost": [seat(change) for change in lost], "gained": [seat(change) for change in gained]}
            for person, (lost, gained) in found.by_person().items()
        },
        "offers": [
            {"more_changes": offer.changes, "cost": offer.cost, "proven": offer.is_best} for offer in found.offers
        ],
    }
