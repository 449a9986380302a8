"""A request to swap is asked, answered once, and becomes one version of the schedule."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from oncall.errors import NotFound, Refused
from oncall.planning.published.change_schedule import ChangeTerms
from oncall.planning.published.undo_version import undo_version
from oncall.planning.swaps.ask_to_swap import SwapAsked, ask_to_swap, swap_at_once
from oncall.planning.swaps.swap_answers import accept_swap, decline_swap, listed_swaps, tell_accepted, withdraw_swap
from oncall.schedule.swap_requests import SwapRequest, SwapState
from tests.planning.swaps.conftest import MONDAY, NOW, TIMES, WEDNESDAY, SwapMemory, answers, by

BEGINS = datetime(2027, 1, 5, 0, 1, tzinfo=UTC)
TO_GUS = SwapAsked("ana", MONDAY, other="gus")
PLAIN, FORCED = ChangeTerms(), ChangeTerms(is_forced=True)


def asked(desk: SwapMemory, swap: SwapAsked = TO_GUS, terms: ChangeTerms = PLAIN) -> SwapRequest:
    return ask_to_swap(desk, swap, by("ana"), terms, TIMES)


def who(desk: SwapMemory, role: str = "primary", at: datetime = BEGINS) -> str:
    return desk.schedule().who(at).roles[role].engineer


def refused(work: Callable[[], object]) -> str:
    with pytest.raises((Refused, NotFound)) as refusal:
        work()
    return str(refusal.value)


def test_a_request_changes_nothing_and_asks_by_sms(desk: SwapMemory) -> None:
    asked(desk)
    assert who(desk) == "ana"
    assert desk.texts() == [
        ("gus", "Reply YES 7AAC to take primary Mon 4 Jan 19:01-08:00 EST from Ana; or NO 7AAC."),
        (
            "ana",
            "Ask another engineer: Gus has not answered swap 7AAC, and primary Mon 4 Jan 19:01-08:00 EST is still "
            "yours.",
        ),
    ]
    reminder = list(desk.alerts_by_id.values())[1]
    assert reminder.due_at == BEGINS - timedelta(days=1)


def test_an_accepted_request_is_one_version_of_the_kind_swap(desk: SwapMemory) -> None:
    asked(desk)
    done, made = accept_swap(desk, "7aac", answers("gus"), TIMES)
    assert (done.state, done.version, who(desk)) == (SwapState.ACCEPTED, 2, "gus")
    assert made is not None
    note = desk.schedule().log[-1]
    assert (note.kind, note.by, note.reason) == ("swap", "gus", "a concert")
    tell_accepted(desk, done, answers("gus"), TIMES)
    assert desk.texts()[1:] == [("ana", "No action needed: Gus takes primary Mon 4 Jan 19:01-08:00 EST (7AAC).")]


def test_an_exchange_gives_each_the_shift_of_the_other(desk: SwapMemory) -> None:
    asked(desk, SwapAsked("ana", MONDAY, other="hal", their_day=MONDAY.replace(day=7)))
    assert desk.texts()[0][1] == (
        "Reply YES 7AAC to swap with Ana: you get primary Mon 4 Jan 19:01-08:00 EST, Ana gets secondary "
        "Thu 7 Jan 19:01-08:00 EST; or NO 7AAC."
    )
    accept_swap(desk, "7AAC", answers("hal"), TIMES)
    assert (who(desk), who(desk, "secondary", BEGINS + timedelta(days=3))) == ("hal", "ana")
    assert len(desk.versions) == 2


def test_two_people_exchange_their_roles_within_one_shift(desk: SwapMemory) -> None:
    swap = SwapAsked("ana", MONDAY, other="ben", their_day=MONDAY)
    swap_at_once(desk, swap, by("mei"), PLAIN)
    assert (who(desk), who(desk, "secondary")) == ("ben", "ana")
    assert len(desk.versions) == 2


def test_a_declined_request_changes_nothing_and_tells_the_asker(desk: SwapMemory) -> None:
    asked(desk)
    assert decline_swap(desk, "7AAC", answers("gus"), TIMES).state is SwapState.DECLINED
    assert who(desk) == "ana"
    assert desk.texts()[1:] == [
        (
            "ana",
            "Ask another engineer: Gus declined swap 7AAC. Nothing changes for primary Mon 4 Jan 19:01-08:00 EST.",
        )
    ]


def test_a_withdrawn_request_tells_the_engineer_who_was_asked(desk: SwapMemory) -> None:
    asked(desk)
    assert withdraw_swap(desk, "7AAC", answers("ana"), TIMES).state is SwapState.WITHDRAWN
    assert desk.texts()[1:] == [
        ("gus", "No action needed: Ana withdrew swap 7AAC (primary Mon 4 Jan 19:01-08:00 EST).")
    ]


def test_a_manager_decides_for_others(desk: SwapMemory) -> None:
    asked(desk)
    done, _ = accept_swap(desk, "7AAC", answers("mei", is_manager=True), TIMES)
    assert (done.answered_by, who(desk)) == ("mei", "gus")


@pytest.mark.parametrize(
    ("swap", "words"),
    [
        (SwapAsked("ana", MONDAY, other="ana"), "ana cannot swap with ana; name another engineer with --with"),
        (
            SwapAsked("ana", MONDAY, other="guss"),
            'there is no engineer "guss" on the published roster; did you mean "gus"?',
        ),
        (SwapAsked("ana", MONDAY), "name the engineer who takes the shift with --with"),
        (
            SwapAsked("ana", MONDAY, other="ben"),
            "ben is secondary on the same shift; to exchange the roles of ana and ben, write --for 2027-01-04",
        ),
        (
            SwapAsked("ana", MONDAY, other="gus", their_day=MONDAY),
            "gus has no shift on 2027-01-04; the nearest are Thu 2027-01-07 (primary) and Thu 2027-01-14 (primary)",
        ),
        (
            SwapAsked("ana", MONDAY, other="cai"),
            "the change breaks rules of the published roster; nothing was changed\n"
            "  rest_nights: cai has 0 free nights between Mon 2027-01-04 (weeknight) and Tue 2027-01-05 (weeknight); "
            "the rule is 2\nto make it anyway, add --force and say why with --reason",
        ),
    ],
)
def test_a_swap_that_cannot_be_made_is_not_asked(desk: SwapMemory, swap: SwapAsked, words: str) -> None:
    assert refused(lambda: asked(desk, swap)) == words
    assert refused(lambda: swap_at_once(desk, swap, by("mei"), PLAIN)) == words
    assert (desk.texts(), len(desk.versions), listed_swaps(desk, NOW)) == ([], 1, [])


def test_a_broken_rule_can_be_forced_with_a_reason(desk: SwapMemory) -> None:
    to_cai = SwapAsked("ana", MONDAY, other="cai")
    asked(desk, to_cai, FORCED)
    _, made = accept_swap(desk, "7AAC", answers("cai"), TIMES)
    assert made is not None
    assert made.warnings[0].startswith("rest_nights: cai has 0 free nights")
    assert who(desk) == "cai"
    no_reason = replace(by("mei"), reason=" ")
    assert refused(lambda: ask_to_swap(desk, to_cai, no_reason, FORCED, TIMES)) == (
        "ana has no shift on 2027-01-04; the nearest is Mon 2027-01-11 (primary)"
    )


def test_a_force_without_a_reason_is_refused(desk: SwapMemory) -> None:
    no_reason = replace(by("mei"), reason=" ")
    assert refused(lambda: ask_to_swap(desk, TO_GUS, no_reason, FORCED, TIMES)) == (
        "--force needs a reason; say with --reason why the rule may be broken"
    )


def test_the_same_engineer_is_asked_once_about_a_shift(desk: SwapMemory) -> None:
    asked(desk)
    assert refused(lambda: asked(desk)) == (
        "gus has been asked about this shift already (swap 7AAC); `oncall withdraw 7AAC` takes that back"
    )


def test_a_request_ends_once(desk: SwapMemory) -> None:
    asked(desk)
    accept_swap(desk, "7AAC", answers("gus"), TIMES)
    again = "swap 7AAC was accepted already on Fri 2027-01-01 07:00 EST by gus; nothing was changed"
    assert refused(lambda: accept_swap(desk, "7AAC", answers("gus"), TIMES)) == again
    assert refused(lambda: decline_swap(desk, "7AAC", answers("gus"), TIMES)) == again
    assert refused(lambda: withdraw_swap(desk, "7AAC", answers("ana"), TIMES)) == again
    assert len(desk.versions) == 2


def test_a_withdrawn_request_cannot_be_accepted(desk: SwapMemory) -> None:
    asked(desk)
    withdraw_swap(desk, "7AAC", answers("ana"), TIMES)
    assert refused(lambda: accept_swap(desk, "7AAC", answers("gus"), TIMES)) == (
        "swap 7AAC was withdrawn already on Fri 2027-01-01 07:00 EST by ana; nothing was changed"
    )


def test_a_swap_that_was_taken_back_is_gone(desk: SwapMemory) -> None:
    asked(desk)
    accept_swap(desk, "7AAC", answers("gus"), TIMES)
    undo_version(desk, 2, by("mei"))
    assert listed_swaps(desk, NOW)[0].state is SwapState.GONE
    assert refused(lambda: accept_swap(desk, "7AAC", answers("gus"), TIMES)) == (
        "swap 7AAC was made by version 2, which was taken back; ask again"
    )


@pytest.mark.parametrize("code", ["7\0AC", "", "x" * 900])
def test_what_cannot_be_a_code_is_not_looked_up(desk: SwapMemory, code: str) -> None:
    assert refused(lambda: accept_swap(desk, code, answers("gus"), TIMES)).startswith("there is no swap ")


def test_an_unknown_code_is_refused(desk: SwapMemory) -> None:
    assert refused(lambda: accept_swap(desk, "9ZZZ", answers("gus"), TIMES)) == (
        'there is no swap "9ZZZ"; `oncall swaps` lists them'
    )


def test_others_may_not_answer(desk: SwapMemory) -> None:
    asked(desk)
    assert refused(lambda: accept_swap(desk, "7AAC", answers("jon"), TIMES)) == (
        "swap 7AAC asks gus, not jon; gus or a manager decides"
    )
    assert refused(lambda: withdraw_swap(desk, "7AAC", answers("gus"), TIMES)) == (
        "swap 7AAC was asked by ana, not gus; ana or a manager decides"
    )


def test_after_the_shift_began_nobody_can_accept(desk: SwapMemory) -> None:
    asked(desk)
    assert refused(lambda: accept_swap(desk, "7AAC", answers("gus", BEGINS), TIMES)) == (
        "the shift of swap 7AAC began Mon 2027-01-04 19:01 EST, before an answer came; nothing was changed"
    )
    assert listed_swaps(desk, BEGINS)[0].state is SwapState.EXPIRED


def test_the_second_taker_of_one_shift_is_refused(desk: SwapMemory) -> None:
    asked(desk)
    asked(desk, SwapAsked("ana", MONDAY, other="ida"))
    accept_swap(desk, "7AAD", answers("ida"), TIMES)
    assert refused(lambda: accept_swap(desk, "7AAC", answers("gus"), TIMES)) == (
        "swap 7AAC cannot be made any more: ida is primary from Mon 2027-01-04 19:01 EST, and no longer ana; "
        "nothing was changed"
    )
    assert [each.state for each in listed_swaps(desk, NOW)] == [SwapState.GONE, SwapState.ACCEPTED]


def test_a_rule_that_is_broken_meanwhile_refuses_the_answer(desk: SwapMemory) -> None:
    asked(desk)
    swap_at_once(desk, SwapAsked("eve", WEDNESDAY, other="gus"), by("mei"), FORCED)
    words = refused(lambda: accept_swap(desk, "7AAC", answers("gus"), TIMES))
    assert words.startswith(
        "swap 7AAC breaks rules of the published roster now; nothing was changed\n  rest_nights: gus"
    )
    assert who(desk) == "ana"
