"""Events as JSON: stored events stay readable, and no field is lost in a round trip."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oncall.paging.domain.escalation import Position
from oncall.paging.domain.events import Event, EventKind, ReportedTimes, Unreadable, UnreadableLog
from oncall.paging.domain.pager_events import AbsorbedClock, AlertMark, Judged
from oncall.paging.domain.state import fold
from oncall.paging.domain.ticket import Ticket
from oncall.paging.domain.verdict import Verdict
from oncall.paging.ports.event_json import action_codecs, details_of, event_from, pager_codecs
from oncall.paging.ports.event_json.values import Common

STORED = Path(__file__).parent / "data" / "stored_events.jsonl"
"""The details of events as version 0.1.0 stored them, of every kind and shape."""

AT = datetime(2027, 1, 9, 8, 12, tzinfo=UTC)
COMMON: Common = ("T-1", AT, "ana", "a sentence", "e-1", 7)
TICKET = Ticket("T-1", "Acme Ltd", "standard", "urgent", "Sessions do not start")
KINDS = sorted(action_codecs.WRITERS | pager_codecs.WRITERS, key=lambda made: made.__name__)


def stored_lines() -> list[tuple[str, str]]:
    lines = [json.loads(line) for line in STORED.read_text().splitlines()]
    return [(line["kind"], _text(line["details"])) for line in lines]


def _text(details: Any) -> str:
    """Return the text that the database stores."""
    return json.dumps(details, separators=(",", ":"))


@pytest.mark.parametrize(("kind", "details"), stored_lines())
def test_what_is_stored_today_is_read_and_written_again_to_the_byte(kind: str, details: str) -> None:
    stored = json.loads(details)
    # A verdict's reason stands in the event and in its details.
    common = (*COMMON[:3], stored.get("why", COMMON[3]), *COMMON[4:])
    found = event_from(kind, common, stored)
    assert not isinstance(found, Unreadable)
    assert (found.kind.value, _text(details_of(found))) == (kind, details)


def test_every_kind_has_an_example_of_what_is_stored_today() -> None:
    assert {kind for kind, _ in stored_lines()} == {kind.value for kind in EventKind}


TIMES = st.datetimes(timezones=st.just(UTC))
MARKS = st.one_of(
    st.builds(AlertMark, kind=st.just(EventKind.BREACHED), since=TIMES, due_at=st.none()),
    st.builds(AlertMark, kind=st.sampled_from([EventKind.WARNED, EventKind.CHASED]), since=TIMES, due_at=TIMES),
)
CLOCKS = st.builds(
    AbsorbedClock,
    since=TIMES,
    promised_at=TIMES,
    asked_from=st.none() | TIMES,
    counted_from=st.none() | TIMES,
    spans=st.lists(st.tuples(TIMES, TIMES), max_size=2).map(tuple),
    breached_at=st.none() | TIMES,
    asked=st.lists(TIMES, max_size=2).map(tuple),
)
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "at": TIMES,
    "reported": st.none() | st.builds(ReportedTimes, recorded_at=TIMES, said_at=st.none() | TIMES),
    "verdict": st.builds(Verdict, at=st.just(AT), first_reply_due=TIMES, hold_until=st.none() | TIMES),
    "following": st.none() | st.builds(Position, due_at=TIMES, round_began_at=TIMES),
    "clocks": st.lists(CLOCKS, max_size=2).map(tuple),
    "alerts": st.frozensets(MARKS, max_size=3),
    "first_reply_due": st.none() | TIMES,
    "since": TIMES,
    "due_at": st.none() | TIMES,
    "until": TIMES,
    "handoff_at": TIMES,
}
"""What the fields that hold times are drawn from; the others are drawn by their types."""


@st.composite
def any_event(draw: st.DrawFn) -> Event:
    made = draw(st.sampled_from(KINDS))
    names = {field.name for field in fields(made)}
    event = draw(st.builds(made, **{name: drawn for name, drawn in FIELDS.items() if name in names}))
    return replace(event, verdict=replace(event.verdict, at=event.at)) if isinstance(event, Judged) else event


@given(any_event())
def test_no_field_of_any_kind_is_lost_as_json(event: Event) -> None:
    common = (event.ticket, event.at, event.by, event.why, event.id, event.seq)
    assert event_from(event.kind.value, common, json.loads(_text(details_of(event)))) == event


@pytest.mark.parametrize("details", [{}, {"action": "sing"}, {"action": "page", "first_reply_due": "soon"}, [], None])
def test_details_that_make_no_sense_are_kept_as_they_are_and_refused_by_the_fold(details: Any) -> None:
    found = event_from("judged", COMMON, details)
    assert (isinstance(found, Unreadable), found.kind, details_of(found)) == (True, EventKind.JUDGED, details)
    with pytest.raises(UnreadableLog, match=r"^T-1: an event of kind judged cannot be read$"):
        fold(TICKET, [found])


def test_an_event_that_changes_nothing_may_be_unreadable() -> None:
    assert fold(TICKET, [event_from("page_waits", COMMON, {})]) == fold(TICKET, [])
