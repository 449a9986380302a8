"""Compares the numbers of two rehearsals, today's and the proposed change's, or shows one alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta

from oncall.rehearsal.outcome import PageLoad, RehearsalOutcome
from oncall.reports.attainment import Cell, ClockCounts, Percentiles, together
from oncall.reports.phrases import METRIC_WORDS, lasting, share
from oncall.reports.report_views import cell_view, counts_view, percentiles_view

NOBODY = PageLoad("", 0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Section:
    """A table of the comparison: its title, its header and its rows, all as text."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """The outcomes of today and of the proposal, for the same tickets and the same habits of people.

    proposed: None if there is no proposal.
    """

    today: RehearsalOutcome
    proposed: RehearsalOutcome | None = field(default=None)

    def sections(self) -> Iterator[Section]:
        """Yield the tables that `oncall simulate` prints."""
        yield Section("Promises kept", self._header("plan", "impact", "metric"), tuple(self._attainment_rows()))
        yield Section("Pages", self._header(""), tuple(self._page_rows()))
        yield Section("Per person", self._person_header(), tuple(self._person_rows()))

    def as_json(self) -> dict[str, dict[str, object]]:
        """Return the outcome `today`; with a proposal also `proposed`, and the `change` in the main numbers."""
        view: dict[str, dict[str, object]] = {"today": outcome_view(self.today)}
        if self.proposed is not None:
            view["proposed"] = outcome_view(self.proposed)
            before, after = _main_numbers(self.today), _main_numbers(self.proposed)
            view["change"] = {name: _difference(before[name], after[name]) for name in before}
        return view

    def _header(self, *names: str) -> tuple[str, ...]:
        return (*names, "today") if self.proposed is None else (*names, "today", "proposed", "change")

    def _attainment_rows(self) -> Iterator[tuple[str, ...]]:
        before = {(cell.plan, cell.impact, cell.metric): cell for cell in self.today.cells}
        after = {(cell.plan, cell.impact, cell.metric): cell for cell in self.proposed.cells} if self.proposed else {}
        for key in {**before, **after}:
            plan, impact, metric = key
            yield (plan, impact, METRIC_WORDS[metric], *self._shares(_counts(before.get(key)), _counts(after.get(key))))
        every = [together(outcome.cells) for outcome in (self.today, self.proposed or self.today)]
        yield ("all", "", "", *self._shares(every[0], every[1]))

    def _shares(self, before: ClockCounts, after: ClockCounts) -> tuple[str, ...]:
        today = f"{share(before.attainment)} of {before.judged:,}"
        if self.proposed is None:
            return (today,)
        change = "-"
        if before.attainment is not None and after.attainment is not None:
            change = _signed((after.attainment - before.attainment) * 100, "{:+.1f}")
        return today, f"{share(after.attainment)} of {after.judged:,}", change

    def _page_rows(self) -> Iterator[tuple[str, ...]]:
        yield self._numbers("tickets", lambda outcome: outcome.tickets)
        yield self._numbers("resolved", lambda outcome: outcome.resolved)
        yield self._numbers("pages to people", lambda outcome: outcome.pages)
        yield self._numbers("  in on-call time", lambda outcome: outcome.night_pages)
        yield self._numbers("  in business hours", lambda outcome: outcome.pages - outcome.night_pages)
        yield self._decimals("pages a night", lambda outcome: outcome.pages_per_night)
        yield self._numbers(f"quiet nights of {self.today.nights}", lambda outcome: outcome.quiet_nights)
        yield self._numbers("pages in the fullest night", lambda outcome: outcome.worst_night)
        yield self._numbers("wake-ups from 23:00 to 07:00", lambda outcome: outcome.wake_ups)
        yield self._numbers("tickets that reached the manager", lambda outcome: outcome.manager_tickets)
        yield self._shared("  of all tickets", lambda outcome: outcome.manager_share)
        yield self._lasting("taken within, half of the paged", lambda taken: taken.p50)
        yield self._lasting("taken within, 95 % of the paged", lambda taken: taken.p95)

    def _numbers(self, name: str, of: Callable[[RehearsalOutcome], int]) -> tuple[str, ...]:
        if self.proposed is None:
            return name, f"{of(self.today):,}"
        before, after = of(self.today), of(self.proposed)
        return name, f"{before:,}", f"{after:,}", _signed(after - before, "{:+,}")

    def _decimals(self, name: str, of: Callable[[RehearsalOutcome], float]) -> tuple[str, ...]:
        if self.proposed is None:
            return name, f"{of(self.today):.2f}"
        before, after = of(self.today), of(self.proposed)
        return name, f"{before:.2f}", f"{after:.2f}", _signed(after - before, "{:+.2f}")

    def _shared(self, name: str, of: Callable[[RehearsalOutcome], float | None]) -> tuple[str, ...]:
        before = of(self.today)
        if self.proposed is None:
            return name, _percent(before)
        after = of(self.proposed)
        change = "-" if before is None or after is None else _signed((after - before) * 100, "{:+.2f}")
        return name, _percent(before), _percent(after), change

    def _lasting(self, name: str, of: Callable[[Percentiles], timedelta]) -> tuple[str, ...]:
        before = of(self.today.taken) if self.today.taken else None
        if self.proposed is None:
            return name, lasting(before)
        after = of(self.proposed.taken) if self.proposed.taken else None
        change = "-"
        if before is not None and after is not None:
            longer = after - before
            change = "=" if not longer else f"{'+' if longer > timedelta(0) else '-'}{lasting(abs(longer))}"
        return name, lasting(before), lasting(after), change

    def _person_header(self) -> tuple[str, ...]:
        names = ("pages", "nights paged", "wake-ups", "fullest night")
        if self.proposed is None:
            return "", *names
        return "", *(f"{name}: today, proposed" for name in names)

    def _person_rows(self) -> Iterator[tuple[str, ...]]:
        before = {load.person: load for load in self.today.loads}
        after = {load.person: load for load in self.proposed.loads} if self.proposed else {}
        for person in {**before, **after}:
            pairs = zip(_cells(before.get(person, NOBODY)), _cells(after.get(person, NOBODY)), strict=True)
            yield person, *(f"{old:,}" if self.proposed is None else f"{old:,}, {new:,}" for old, new in pairs)


def outcome_view(outcome: RehearsalOutcome) -> dict[str, object]:
    """Return the numbers of one rehearsal as JSON. Lengths of time are in seconds."""
    return {
        **_main_numbers(outcome),
        "resolved": outcome.resolved,
        "clocks": counts_view(together(outcome.cells)),
        "nights": outcome.nights,
        "quiet_nights": outcome.quiet_nights,
        "fullest_night": outcome.worst_night,
        "taken_seconds": percentiles_view(outcome.taken),
        "cells": [cell_view(cell) for cell in outcome.cells],
        "people": [
            {
                "person": load.person,
                "pages": load.pages,
                "nights_paged": load.nights,
                "wake_ups": load.wake_ups,
                "fullest_night": load.worst_night,
            }
            for load in outcome.loads
        ],
    }


def _main_numbers(outcome: RehearsalOutcome) -> dict[str, float | None]:
    return {
        "tickets": outcome.tickets,
        "attainment": together(outcome.cells).attainment,
        "pages": outcome.pages,
        "night_pages": outcome.night_pages,
        "pages_per_night": outcome.pages_per_night,
        "wake_ups": outcome.wake_ups,
        "manager_tickets": outcome.manager_tickets,
        "manager_share": outcome.manager_share,
    }


def _difference(before: float | None, after: float | None) -> float | None:
    return None if before is None or after is None else after - before


def _counts(cell: Cell | None) -> ClockCounts:
    return cell.counts if cell is not None else ClockCounts()


def _cells(load: PageLoad) -> tuple[int, int, int, int]:
    return load.pages, load.nights, load.wake_ups, load.worst_night


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{value * 100:.2f} %"


def _signed(value: float, form: str) -> str:
    """Return a change as text: `+3`, `-0.2`, or `=` if all shown digits are zero. form: a format string with a sign."""
    shown = form.format(value)
    return shown if any(digit in shown for digit in "123456789") else "="
