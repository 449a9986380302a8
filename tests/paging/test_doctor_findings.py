"""What `oncall doctor` finds: each finding is one sentence with its remedy."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from oncall.paging.domain.reachability import Alert
from oncall.paging.domain.ticket import Attempt, AttemptStatus, Purpose
from oncall.paging.ports.callers import CallerRole, Token
from oncall.paging.ports.heartbeat_store import Heartbeat
from oncall.paging.ports.intake_store import WaitingFailures
from oncall.paging.ports.phone_proofs import PhoneProof
from oncall.paging.ports.relay import RelayBacklog
from oncall.paging.watch.doctor_findings import findings
from oncall.paging.watch.doctor_inputs import Facts, Provider, SignInCheck, Stored
from oncall.paging.watch.finding import Severity
from oncall.schedule.schedule import Schedule
from oncall.support.policy_file import packaged_policy
from oncall.support.reminders import Reminders
from oncall.wiring.doctor_facts import failure_of
from tests.paging.world import SATURDAY_NIGHT, World

HOUR = timedelta(hours=1)


@pytest.fixture
def schedule(tmp_path: Path) -> Schedule:
    """Ana primary, ben secondary, mei the manager, for a quarter."""
    world = World(tmp_path)
    world.publish()
    found = world.store.read(lambda tx: tx.schedule())
    world.close()
    return found


def stored(schedule: Schedule, **changes: Any) -> Stored:
    reached = dict.fromkeys(schedule.people, SATURDAY_NIGHT)
    well = Stored(schedule, packaged_policy(), None, (SATURDAY_NIGHT, "twilio"), reached=reached)
    return replace(well, **changes)


def attempt(to: str, code: int | None, *, ago: timedelta, status: AttemptStatus) -> Attempt:
    when = SATURDAY_NIGHT - ago
    made = Attempt(f"{to}-{ago}", "T-1", when, to, "sms", Purpose.PAGE, "text", status, when)
    return replace(made, error_code=code)


def judged(database: Stored | None, **changes: Any) -> list[str]:
    """Return the findings that are not fine."""
    facts = Facts(SATURDAY_NIGHT, SATURDAY_NIGHT, Provider("twilio"), "https://x", database, failure_of=failure_of)
    found = findings(replace(facts, **changes))
    return [f"{f.severity.value} {f.subject}: {f.sentence}" for f in found if f.severity is not Severity.FINE]


def test_a_refused_sender_stops_pages_until_a_later_message_arrives(schedule: Schedule) -> None:
    refused = attempt("ana", 30034, ago=HOUR, status=AttemptStatus.UNDELIVERED)
    words = (
        "1 h ago a message was refused: the sender is not registered for A2P 10DLC (code 30034); "
        "register it in the Twilio console."
    )
    assert judged(stored(schedule, attempts=[refused])) == [f"stops sender: {words}"]
    arrived = attempt("ben", None, ago=HOUR / 2, status=AttemptStatus.DELIVERED)
    assert judged(stored(schedule, attempts=[arrived, refused])) == [
        f"warns sender: {words} Later messages were delivered."
    ]


def test_a_refusal_of_this_minute_was_less_than_a_minute_ago(schedule: Schedule) -> None:
    for seconds in (0, 59):
        refused = attempt("ana", 30034, ago=timedelta(seconds=seconds), status=AttemptStatus.UNDELIVERED)
        (words,) = judged(stored(schedule, attempts=[refused]))
        assert words.startswith("stops sender: less than a minute ago a message was refused: ")


def test_an_undelivered_warning_to_the_manager_stops_pages_until_a_message_arrives(schedule: Schedule) -> None:
    reason = "the sender is not registered for A2P 10DLC (code 30034); register it in the Twilio console"
    lost = Alert("a-1", "deaf ana", "mei", "WARNING: ...", SATURDAY_NIGHT - HOUR, None, sends=1, error=reason)
    words = f"1 h ago an alert to mei was not delivered: {reason}"
    assert judged(stored(schedule, alerts=[lost])) == [
        f"stops alert: {words}; correct the cause, then test it: `oncall drill --to mei`."
    ]
    arrived = attempt("mei", None, ago=HOUR / 2, status=AttemptStatus.DELIVERED)
    assert judged(stored(schedule, alerts=[lost], attempts=[arrived])) == [
        f"warns alert: {words}. Later messages were delivered."
    ]
    later = replace(lost, id="a-2", about="deaf ben", written_at=SATURDAY_NIGHT - HOUR / 2, error=None)
    assert judged(stored(schedule, alerts=[later, lost])) == []


def test_an_engineer_on_call_whose_number_does_not_work_stops_pages(schedule: Schedule) -> None:
    wrong = attempt("ana", 21211, ago=HOUR, status=AttemptStatus.FAILED)
    landline = attempt("farid", 30006, ago=HOUR, status=AttemptStatus.UNDELIVERED)
    assert judged(stored(schedule, attempts=[wrong, landline])) == [
        "stops phone: ana is on call within 14 days and cannot be reached: the number is not valid (code 21211); "
        "correct the phone number in the roster.",
        "warns phone: farid cannot be reached: the number is a landline, or its carrier cannot be reached (code "
        "30006); write a mobile number into the roster.",
    ]
    again = attempt("ana", None, ago=HOUR / 2, status=AttemptStatus.DELIVERED)
    assert judged(stored(schedule, attempts=[again, wrong])) == []


def test_a_new_number_has_to_be_reached_again(schedule: Schedule) -> None:
    first = schedule.publications[0]
    moved = replace(first.people["ana"], phone="+13055550199")
    later = SATURDAY_NIGHT + timedelta(minutes=1)
    second = replace(first, version=2, at=later, people={**first.people, "ana": moved})
    changed = replace(schedule, publications=(first, second))
    assert judged(stored(changed)) == [
        "warns phone: no message to or from the current number of ana has ever been confirmed; "
        "test it: `oncall drill --to ana`."
    ]
    assert judged(stored(changed, reached={**dict.fromkeys(changed.people, SATURDAY_NIGHT), "ana": later})) == []


def test_people_who_opted_out_are_reported(schedule: Schedule) -> None:
    assert judged(stored(schedule, opted_out={"mei": "they sent STOP; have them text START."})) == [
        "stops phone: mei is on call within 14 days and cannot be reached: they sent STOP; have them text START."
    ]


@pytest.mark.parametrize(
    ("free", "words"),
    [
        (
            49 * 2**20,
            ["stops disk: 49 MB are free under the database: soon no ticket can be stored; free some space now."],
        ),
        (499 * 2**20, ["warns disk: 499 MB are free under the database; free some space before the disk is full."]),
        (501 * 2**20, []),
    ],
)
def test_a_disk_that_fills_up_is_reported_in_time(schedule: Schedule, free: int, words: list[str]) -> None:
    assert judged(stored(schedule), free_bytes=free) == words


def test_clocks_that_disagree_by_half_a_minute_stop_pages(schedule: Schedule) -> None:
    minute = timedelta(minutes=1)
    assert judged(stored(schedule, skew=-minute), provider=Provider("twilio", skew=minute)) == [
        "stops clock: this machine's clock is 1 min ahead of that of twilio: pages come at the wrong time; "
        "set it by NTP.",
        "stops clock: this machine's clock is 1 min behind that of the database: pages come at the wrong time; "
        "set it by NTP.",
    ]
    assert judged(stored(schedule), provider=Provider("twilio", skew=timedelta(seconds=29))) == []


def test_clocks_of_pagers_that_disagree_by_seconds_are_warned_about(schedule: Schedule) -> None:
    assert judged(stored(schedule, skew=timedelta(seconds=4))) == []
    assert judged(stored(schedule, skew=timedelta(seconds=-29))) == [
        "warns clock: this machine's clock differs by 29 s from that of the database: two pagers may send one page "
        "while Twilio is slow; set it by NTP."
    ]


def test_a_policy_that_cannot_be_read_stops_pages(schedule: Schedule) -> None:
    assert judged(stored(schedule, policy=None, policy_fault="p:1:1: no impacts")) == [
        "stops policy: the published policy cannot be read: p:1:1: no impacts; publish a corrected policy."
    ]


def test_a_token_that_ends_within_two_weeks_is_reported_in_time(schedule: Schedule) -> None:
    ends = {"soon": 13, "late": 15, "over": -1}
    tokens = [
        Token(name, CallerRole.INTAKE, name, SATURDAY_NIGHT, expires_at=SATURDAY_NIGHT + days * 24 * HOUR)
        for name, days in ends.items()
    ]
    assert judged(stored(schedule, tokens=tokens)) == [
        "warns tokens: the token over expired at 2027-01-08 08:12 UTC, so its requests are refused; "
        "`oncall token rotate over --expires DATE`, or `oncall token revoke over`.",
        "warns tokens: the token soon expires at 2027-01-22 08:12 UTC; "
        "replace it in time: `oncall token rotate soon --expires DATE`.",
    ]


def test_many_tokens_that_end_are_counted(schedule: Schedule) -> None:
    tokens = [Token(f"t{each}", CallerRole.INTAKE, "x", SATURDAY_NIGHT, expires_at=SATURDAY_NIGHT) for each in range(9)]
    assert judged(stored(schedule, tokens=tokens))[-1] == (
        "warns tokens: 4 more tokens end within two weeks; see `oncall token list`."
    )


def test_phones_that_are_not_proven_are_counted_where_the_policy_wants_proof(schedule: Schedule) -> None:
    policy = replace(packaged_policy(), reminders=Reminders(prove_phones=True))
    words = (
        "warns phone proofs: 2 of 2 engineers with a shift in the next 14 days have not proven their phone: ana, ben; "
        "have them text READY to the pager's number."
    )
    assert judged(stored(schedule, policy=policy)) == [words]
    proofs = [PhoneProof(name, schedule.people[name].phone, None, SATURDAY_NIGHT) for name in ("ana", "ben")]
    assert judged(stored(schedule, policy=policy, proofs=proofs)) == []
    assert judged(stored(schedule, policy=policy, proofs=proofs[:1]))[0].startswith("warns phone proofs: 1 of 2 ")
    assert judged(stored(schedule)) == []


def test_posts_that_wait_for_a_person_are_counted_by_caller(schedule: Schedule) -> None:
    waiting = (
        WaitingFailures("grafana", 1, SATURDAY_NIGHT - timedelta(seconds=5)),
        WaitingFailures("zendesk", 12, SATURDAY_NIGHT - timedelta(minutes=125)),
    )
    assert judged(stored(schedule, failures=waiting)) == [
        "warns intake: a post of grafana could not be understood; the oldest came less than a minute ago. "
        "Tickets may be missing: see `oncall intake failures`.",
        "warns intake: 12 posts of zendesk could not be understood; the oldest came 2 h 5 min ago. "
        "Tickets may be missing: see `oncall intake failures`.",
    ]


def beating(name: str, **changes: Any) -> Heartbeat:
    made = Heartbeat(name, HOUR, timedelta(0), "mei", SATURDAY_NIGHT - 9 * HOUR, SATURDAY_NIGHT + HOUR)
    return replace(made, **changes)


def test_jobs_that_have_stopped_calling_are_named(schedule: Schedule) -> None:
    called = SATURDAY_NIGHT - 2 * HOUR
    jobs = (
        beating("backup", ticket="hb-backup", last_at=called, due_at=SATURDAY_NIGHT - HOUR),
        beating("export", due_at=SATURDAY_NIGHT - timedelta(minutes=3)),
        beating("import", due_at=SATURDAY_NIGHT - timedelta(seconds=30)),
        beating("mirror"),
    )
    assert judged(stored(schedule, heartbeats=jobs)) == [
        "warns heartbeats: the job backup has not called since Sat 2027-01-09 01:12 EST; its ticket is hb-backup. "
        "Start the job, or delete the heartbeat.",
        "warns heartbeats: the job export has never called, and no pager has opened a ticket; see the pager's log.",
    ]
    assert judged(stored(schedule, heartbeats=(beating("mirror"),))) == []


def test_many_silent_jobs_are_counted(schedule: Schedule) -> None:
    jobs = tuple(beating(f"job-{number}", ticket=f"hb-job-{number}") for number in range(8))
    assert judged(stored(schedule, heartbeats=jobs))[-1] == (
        "warns heartbeats: 3 more jobs have stopped calling; see `oncall heartbeat list`."
    )


def test_mail_that_cannot_go_out_is_reported_once_there_are_subscribers(schedule: Schedule) -> None:
    unset = {"unset_mail": ["ONCALL_SMTP_URL"]}
    words = "ONCALL_SMTP_URL is not set, so 3 subscribers of the status page get no mail"
    assert any(words in each for each in judged(stored(schedule, subscribers=3), **unset))
    assert not any(words[:15] in each for each in judged(stored(schedule), **unset))


def test_late_texts_to_subscribers_are_reported_and_codes_that_strangers_asked_for_are_not(schedule: Schedule) -> None:
    late = RelayBacklog(waiting=2, oldest=SATURDAY_NIGHT - HOUR, quarantined=1)
    found = judged(stored(schedule, backlogs={"sms:subscribers": late, "sms:codes": late}))
    words = "2 messages to sms:subscribers wait, the oldest for 1 h; `oncall webhooks --to sms:subscribers` says why."
    assert f"warns webhooks: {words}" in found
    assert not any("sms:codes" in each for each in found)


def test_a_provider_that_answers_for_a_roster_with_every_email_is_fine(schedule: Schedule) -> None:
    database = stored(schedule)
    assert judged(database, sign_in=SignInCheck(None)) == judged(database)
    words = "warns sign-in: it is away; until then, sign in with `oncall login-link`."
    assert words in judged(database, sign_in=SignInCheck("it is away"))
    words = "warns sign-in: ONCALL_PUBLIC_URL is not set, so the identity provider cannot lead anyone back; set it."
    assert words in judged(database, sign_in=SignInCheck(None), public_url=None)
