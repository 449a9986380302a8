"""What may be written on the status page, and the sentence of each refusal. A refused action writes nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from oncall.errors import Conflict, NotFound, OncallError, Refused
from oncall.status.component_states import ComponentState, Impact, IncidentState
from oncall.status.status_actions import (
    AnnounceMaintenance,
    CancelMaintenance,
    CorrectIncident,
    OpenIncident,
    RescheduleMaintenance,
    StatusAction,
    UpdateIncident,
)
from oncall.status.status_record import read_status
from tests.status.log import MemoryLog, at

NOON = "2027-03-01 12:00"


@pytest.fixture
def log() -> MemoryLog:
    """Noon of 1 March; incident id1 has been open since 11:00, and id2 was resolved at 10:30."""
    log = MemoryLog(now=NOON)
    log.act(OpenIncident("Portal slow", {"portal": "degraded_performance"}, at=at("2027-03-01 11:00")))
    log.act(OpenIncident("API down", {"api": "major_outage"}, at=at("2027-03-01 10:00")))
    log.act(UpdateIncident("id2", "resolved", at=at("2027-03-01 10:30")))
    return log


REFUSED: list[tuple[StatusAction, type[OncallError], str]] = [
    (
        OpenIncident("x", {"portl": "major_outage"}),
        NotFound,
        'there is no component "portl" on the status page; did you mean "portal"?',
    ),
    (
        OpenIncident("x", {"portal": "down"}),
        Refused,
        '"down" is not a state of a component; write operational, degraded_performance, partial_outage or major_outage',
    ),
    (
        OpenIncident("x", {"portal": "under_maintenance"}),
        Refused,
        "under_maintenance comes from a maintenance; announce one: oncall status maintenance",
    ),
    (OpenIncident(" "), Refused, "the title is empty; write one of 1 to 200 characters"),
    (OpenIncident("x" * 201), Refused, "the title has 201 characters; write at most 200"),
    (OpenIncident("a\x1b[31m"), Refused, 'the title holds a line break or a control character: "a\\x1b[31m"'),
    (
        OpenIncident(None),
        Refused,
        'an incident needs a title; write one like "Sign-in is slow", or name a ticket with --from',
    ),
    (
        OpenIncident("x", message="y" * 1_000_000),
        Refused,
        "the message has 1,000,000 characters; write at most 5,000",
    ),
    (
        OpenIncident("x", message="a\u202eb"),
        Refused,
        'the message holds a control character: "a\\u202eb"; write plain text',
    ),
    (
        OpenIncident("x", at=at("2027-03-01 12:01")),
        Refused,
        "Mon 2027-03-01 12:01 EST is still to come; write a time up to now",
    ),
    (UpdateIncident("nope", "resolved"), NotFound, 'there is no incident "nope"; `oncall status list` shows them'),
    (UpdateIncident("id1"), Refused, "an update needs a state, a component or a message"),
    (
        UpdateIncident("id1", "closed"),
        Refused,
        '"closed" is not a state of an incident; write investigating, identified, monitoring, resolved or postmortem',
    ),
    (
        UpdateIncident("id1", message="x", at=at("2027-03-01 10:59")),
        Refused,
        "Mon 2027-03-01 10:59 EST is before incident id1 began (Mon 2027-03-01 11:00 EST); "
        "correct its start first: oncall status correct",
    ),
    (
        UpdateIncident("id1", "resolved", {"portal": "major_outage"}),
        Refused,
        "resolved returns every component to operational; leave out portal, or write another state",
    ),
    (UpdateIncident("id2", "resolved"), Conflict, "incident id2 is resolved already"),
    (
        UpdateIncident("id1", "postmortem"),
        Refused,
        "incident id1 is not resolved yet; a postmortem follows its end",
    ),
    (
        UpdateIncident("id2", components={"api": "major_outage"}),
        Refused,
        "incident id2 is resolved; write --state investigating to open it again, or open another one",
    ),
    (
        CorrectIncident("id2", at("2027-03-01 10:30"), "x"),
        Refused,
        "incident id2 ended at Mon 2027-03-01 10:30 EST; write a start before that",
    ),
    (
        CorrectIncident("id1", at("2027-03-01 12:30"), "x"),
        Refused,
        "Mon 2027-03-01 12:30 EST is still to come; an incident began in the past",
    ),
    (
        CorrectIncident("id1", at("2027-03-01 10:00"), ""),
        Refused,
        "the reason is empty; write one of 1 to 1000 characters",
    ),
    (
        AnnounceMaintenance("w", ("portal",), at("2027-03-05 04:00"), at("2027-03-05 02:00")),
        Refused,
        "the end, Fri 2027-03-05 02:00 EST, is not after the start, Fri 2027-03-05 04:00 EST",
    ),
    (
        AnnounceMaintenance("w", ("portal",), at("2027-02-05 02:00"), at("2027-02-05 04:00")),
        Refused,
        "the maintenance was over at Fri 2027-02-05 04:00 EST; to record it, say when it was announced (--announced)",
    ),
    (
        AnnounceMaintenance("w", (), at("2027-03-05 02:00"), at("2027-03-05 04:00")),
        Refused,
        "a maintenance needs a component; name one with --component",
    ),
    (
        CancelMaintenance("id1"),
        Refused,
        "id1 is an incident; to end it: oncall status update id1 --state resolved",
    ),
    *(
        (action, Refused, f"{day} is outside the years 1971 to 2198")
        for day, action in (
            ("0001-01-01", OpenIncident("x", at=datetime(1, 1, 1, tzinfo=UTC))),
            ("0001-01-01", CorrectIncident("id1", datetime(1, 1, 1, tzinfo=UTC), "x")),
            (
                "9999-12-31",
                AnnounceMaintenance("w", ("portal",), at("2027-03-05 02:00"), datetime(9999, 12, 31, tzinfo=UTC)),
            ),
        )
    ),
    (CancelMaintenance("nope"), NotFound, 'there is no maintenance "nope"; `oncall status list` shows them'),
]


@pytest.mark.parametrize(("action", "kind", "words"), REFUSED)
def test_a_refusal_says_what_to_write_and_nothing_is_written(
    log: MemoryLog, action: StatusAction, kind: type[OncallError], words: str
) -> None:
    before = list(log.events)
    with pytest.raises(kind) as refusal:
        log.act(action)
    assert str(refusal.value) == words
    assert log.events == before


@pytest.mark.parametrize(
    ("action", "words"),
    [
        (OpenIncident("x", at=at("2027-03-01 09:00")), "only a manager may write a time in the past"),
        (UpdateIncident("id1", "resolved", at=at("2027-03-01 11:30")), "only a manager may write a time in the past"),
        (CorrectIncident("id1", at("2027-03-01 10:00"), "x"), "only a manager may correct when an incident began"),
    ],
)
def test_an_engineer_writes_about_the_present_only(log: MemoryLog, action: StatusAction, words: str) -> None:
    with pytest.raises(Refused, match=words):
        log.act(action, by="ana", may_backdate=False)
    log.act(UpdateIncident("id1", message="we know the cause", at=at(NOON)), by="ana", may_backdate=False)


def test_an_engineer_records_no_maintenance_of_the_past(log: MemoryLog) -> None:
    past = AnnounceMaintenance("w", ("portal",), at("2027-02-27 10:00"), at("2027-02-27 11:00"), announced_at=log.now)
    running = replace(past, end=at("2027-03-02 11:00"), announced_at=None)
    for action in (past, running):
        with pytest.raises(Refused, match="only a manager may record maintenance that began in the past"):
            log.act(action, may_backdate=False)
    log.act(past)
    begun = log.now - timedelta(minutes=5)
    log.act(replace(running, start=begun), may_backdate=False)
    assert len(log.record.maintenances) == 2


def test_an_update_that_is_written_late_keeps_both_times_and_its_place(log: MemoryLog) -> None:
    log.act(UpdateIncident("id1", "monitoring", message="third"))
    log.act(UpdateIncident("id1", "identified", message="second", at=at("2027-03-01 11:15")))
    incident = log.record.incident("id1")
    assert [(each.state.value, each.message) for each in incident.updates] == [
        ("investigating", ""),
        ("identified", "second"),
        ("monitoring", "third"),
    ]
    assert incident.updates[1].written_at == at(NOON)
    assert incident.state is IncidentState.MONITORING


def test_resolved_returns_the_components_and_a_postmortem_changes_nothing(log: MemoryLog) -> None:
    log.act(UpdateIncident("id1", "resolved"))
    log.act(UpdateIncident("id1", "postmortem", message="the cause was a full disk"))
    incident = log.record.incident("id1")
    assert (incident.resolved_at, incident.impact) == (at(NOON), Impact.MINOR)
    assert log.record.state_of("portal") is ComponentState.OPERATIONAL


def test_an_incident_opens_again(log: MemoryLog) -> None:
    log.act(UpdateIncident("id2", "investigating", {"api": "partial_outage"}))
    assert log.record.state_of("api") is ComponentState.PARTIAL
    assert log.record.incident("id2").resolved_at is None


def test_maintenance_begins_and_ends_by_itself(log: MemoryLog) -> None:
    log.act(AnnounceMaintenance("w", ("portal",), at("2027-03-05 02:00"), at("2027-03-05 04:00")))
    seen = []
    for now in ("2027-03-05 01:59", "2027-03-05 02:00", "2027-03-05 03:59", "2027-03-05 04:00"):
        record = read_status(log, at(now))
        seen.append((record.maintenances[0].state_at(record.now).value, record.state_of("portal").value))
    assert seen == [
        ("scheduled", "degraded_performance"),
        ("in_progress", "degraded_performance"),
        ("in_progress", "degraded_performance"),
        ("completed", "degraded_performance"),
    ]
    log.act(UpdateIncident("id1", "resolved"))
    assert read_status(log, at("2027-03-05 03:00")).state_of("portal") is ComponentState.UNDER_MAINTENANCE


def test_a_maintenance_that_is_over_or_cancelled_stays_so(log: MemoryLog) -> None:
    work = log.act(AnnounceMaintenance("w", ("portal",), at("2027-03-05 02:00"), at("2027-03-05 04:00")))
    with pytest.raises(Refused, match="has these times already"):
        log.act(RescheduleMaintenance(work, at("2027-03-05 02:00")))
    log.act(CancelMaintenance(work))
    for action in (CancelMaintenance(work), RescheduleMaintenance(work, end=at("2027-03-06 04:00"))):
        with pytest.raises(Conflict, match=f"maintenance {work} is cancelled already"):
            log.act(action)
    assert list(log.record.maintenances[0].spans()) == []


def test_new_times_of_a_maintenance_are_not_in_the_past(log: MemoryLog) -> None:
    work = log.act(AnnounceMaintenance("w", ("portal",), log.now + timedelta(hours=4), log.now + timedelta(hours=6)))
    log.now += timedelta(seconds=30)
    with pytest.raises(Refused, match="is over; write a start from now on"):
        log.act(RescheduleMaintenance(work, log.now - timedelta(hours=2)))
    with pytest.raises(Refused, match=f"is over; cancel the maintenance to end it now: oncall status cancel {work}"):
        log.act(RescheduleMaintenance(work, log.now - timedelta(minutes=10), log.now - timedelta(minutes=5)))
    # The page prints the times that count, so a start some minutes ago becomes now.
    log.act(RescheduleMaintenance(work, log.now - timedelta(minutes=10)))
    assert log.record.maintenance(work).window.start == log.now
    log.now += timedelta(hours=1)
    with pytest.raises(Refused, match="its start does not change any more"):
        log.act(RescheduleMaintenance(work, log.now - timedelta(minutes=10)))
    log.act(RescheduleMaintenance(work, end=log.now + timedelta(hours=1)))
    (first, second) = log.record.maintenance(work).spans()
    assert (first.end, second.end) == (log.now, log.now + timedelta(hours=1))


def test_copied_text_with_odd_spaces_is_taken_and_text_that_turns_the_order_is_refused(log: MemoryLog) -> None:
    log.act(
        OpenIncident(
            "R\u00e9seau\u00a0: panne\ufeff", {}, "10\u202f%\u2009of calls\nfixed by \U0001f469\u200d\U0001f4bb"
        )
    )
    incident = next(each for each in log.record.incidents if "panne" in each.title)
    assert incident.title == "R\u00e9seau : panne"
    assert incident.updates[0].message == "10 % of calls\nfixed by \U0001f469\u200d\U0001f4bb"
    for text in ("\u202eevil", "\u2066x", "\ud800", "a\x00b", "x" * 1_000_000):
        for action in (OpenIncident("t", {}, text), OpenIncident(text)):
            with pytest.raises(Refused):
                log.act(action)


def test_without_a_published_page_every_action_says_what_to_do(log: MemoryLog) -> None:
    log.files = []
    with pytest.raises(Refused, match="no status page is published; name a status file in the policy"):
        log.act(OpenIncident("x"))
