"""The ledger counts each shift once, states its doubts, and writes a file that later ledgers continue."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest

from oncall.errors import FileFaults, Refused
from oncall.planning.published.change_schedule import ChangeTerms
from oncall.planning.published.override_shift import override_shift
from oncall.planning.published.publish_plan import check_for_publication, publish_plan
from oncall.planning.sources.context_sources import ContextSources, NamedLedger, NamedPlan
from oncall.planning.sources.ledger_work import export_ledger, ledger_for, open_ledger
from oncall.planning.views.ledger_views import ledger_view
from oncall.rosters.roster import Roster
from oncall.rotation.problem.ledger_file import LedgerFile
from oncall.schedule.plan import Balance
from oncall.schedule.schedule import Schedule
from oncall.schedule.shared_versions import schedule_of_shared, shared_versions
from oncall.schedule.version_document import schedule_from_rows
from oncall.support.windows import WindowKind
from tests.planning.conftest import AUTHOR, ROSTER, MemorySchedule, Told, roster_of

AFTER = date(2027, 1, 18)


def opening(*balances: Balance, as_of: date | None = None) -> NamedLedger:
    lines = {(each.engineer, each.kind): number for number, each in enumerate(balances, start=2)}
    return NamedLedger("theirs.csv", LedgerFile(balances, as_of, lines))


def changed(change: str) -> Roster:
    """The roster after this change of ana's line."""
    return roster_of(ROSTER.replace("id: ana,", f"id: ana, {change},"))


def test_shifts_of_two_sources_count_once(roster: Roster, plan: NamedPlan, told: Told) -> None:
    once = ledger_for(roster, ContextSources([plan]), before=AFTER, say=told)
    twice = ledger_for(roster, ContextSources([plan, plan]), before=AFTER, say=told)
    assert once.shifts == 10
    assert twice.entries == once.entries
    assert ledger_view(once, {})["shifts"] == 10


def test_an_override_moves_what_was_served(store: MemorySchedule, roster: Roster, plan: NamedPlan, told: Told) -> None:
    publish_plan(store, check_for_publication(plan, roster, None), AUTHOR)
    first = plan.plan.seats[0]
    span, terms = first.window, ChangeTerms(is_forced=True)
    override_shift(store, "cai", "primary", start=span.start, end=span.end, author=AUTHOR, terms=terms)
    found = ledger_for(roster, ContextSources(published=store.schedule()), before=AFTER, say=told)
    served = {entry.engineer: entry.served for entry in found.entries if entry.kind is WindowKind.WEEKNIGHT}
    assert [int(served[name]) for name in ("ana", "cai")] == [2, 3]


@pytest.fixture
def published(store: MemorySchedule, roster: Roster, plan: NamedPlan) -> Schedule:
    """The schedule after the plan was published with its roster, on which everyone works full time in both roles."""
    publish_plan(store, check_for_publication(plan, roster, None), AUTHOR)
    return store.schedule()


CHANGES = ("fte: 0.5", "roles: [primary]", "kinds: [weekend]")


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_engineer_keeps_the_shares_of_the_published_plans(
    published: Schedule, roster: Roster, told: Told, change: str
) -> None:
    sources = ContextSources(published=published)
    before = ledger_for(roster, sources, before=None, say=told)
    after = ledger_for(changed(change), sources, before=None, say=told)
    assert after == before
    for kind in (WindowKind.WEEKNIGHT, WindowKind.WEEKEND):
        assert sum(each.thousandths for each in after.balances if each.kind is kind) == 0


@pytest.mark.parametrize("change", CHANGES)
def test_a_server_sends_what_the_shares_of_its_plans_depend_on(
    store: MemorySchedule, published: Schedule, roster: Roster, told: Told, change: str
) -> None:
    sent = json.loads(json.dumps(shared_versions(store.rows())))
    sources = ContextSources(published=schedule_of_shared(sent))
    local = ledger_for(roster, ContextSources(published=published), before=None, say=told)
    assert ledger_for(changed(change), sources, before=None, say=told) == local


def test_a_plan_file_is_shared_by_the_present_roster_unless_it_is_published(
    published: Schedule, plan: NamedPlan, told: Told
) -> None:
    shares = [
        next(each.share for each in ledger_for(changed("fte: 0.5"), sources, before=None, say=told).entries)
        for sources in (
            ContextSources([plan]),
            ContextSources(published=published),
            ContextSources([plan], published=published),
        )
    ]
    # Of the 16 seats on weeknights, half a share of 5.5, and one of 6.
    assert shares == [Fraction(16, 11), Fraction(16, 6), Fraction(16, 6)]


def test_a_plan_that_an_early_version_published_is_shared_by_the_present_roster(
    store: MemorySchedule, published: Schedule, plan: NamedPlan, told: Told
) -> None:
    (row,) = store.rows()
    document = json.loads(json.dumps(row.document))
    for person in document["people"]:
        del person["workload"]
    early = schedule_from_rows([replace(row, document=document)], published.fallback)
    found, of_file = (
        ledger_for(changed("fte: 0.5"), sources, before=None, say=told)
        for sources in (ContextSources(published=early), ContextSources([plan]))
    )
    assert found == of_file


def test_a_plan_that_replaces_another_is_shared_by_its_own_roster(
    store: MemorySchedule, published: Schedule, roster: Roster, plan: NamedPlan, told: Told
) -> None:
    half = changed("fte: 0.5")
    publish_plan(store, check_for_publication(plan, half, None), AUTHOR)
    found = ledger_for(roster, ContextSources(published=store.schedule()), before=None, say=told)
    assert found == ledger_for(half, ContextSources([plan]), before=None, say=told)


def test_an_exported_ledger_says_up_to_when_it_counts_and_goes_on_from_there(
    roster: Roster, plan: NamedPlan, told: Told
) -> None:
    written = export_ledger(roster, ContextSources([plan]), before=None, say=told)
    assert written.as_of == date(2027, 1, 16)
    again = opening(*written.balances, as_of=written.as_of)
    both = ledger_for(roster, ContextSources([plan], again), before=AFTER, say=told)
    assert both.shifts == 0


def test_nothing_served_is_not_exported(roster: Roster, told: Told) -> None:
    with pytest.raises(Refused, match="No shift was served yet, and no balances are given; nothing was written"):
        export_ledger(roster, ContextSources(), before=None, say=told)


def test_balances_of_another_tool_are_brought_to_0_over_the_whole_team(roster: Roster, told: Told) -> None:
    opened = open_ledger(roster, opening(Balance("ana", WindowKind.WEEKEND, 3000)), as_of=AFTER, say=told)
    assert sum(each.thousandths for each in opened.balances) == 0
    assert opened.as_of == AFTER
    assert told.sentences == ["weekend balances add up to +3, not to 0; each of the 6 is changed by -0.500"]


def test_balances_of_a_stranger_are_refused_with_their_line(roster: Roster, told: Told) -> None:
    with pytest.raises(FileFaults, match=r'theirs.csv:2:1: "zoe" is not on the roster of team night-owls'):
        open_ledger(roster, opening(Balance("zoe", WindowKind.WEEKEND, 0)), as_of=None, say=told)


def test_a_ledger_that_counts_beyond_the_date_is_refused(roster: Roster, told: Told) -> None:
    ahead = opening(Balance("ana", WindowKind.WEEKEND, 0), as_of=date(2027, 3, 1))
    with pytest.raises(Refused, match=r"theirs\.csv counts shifts up to 2027-02-28, but only shifts before"):
        ledger_for(roster, ContextSources(ledger=ahead), before=AFTER, say=told)
