"""Shows tickets in words, for the terminal and the web pages: their order, states, clocks and timelines."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from operator import itemgetter
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from oncall.paging.views.ticket_view_types import (
        AttemptView,
        ClockView,
        EventView,
        MailView,
        TicketListView,
        TicketView,
        WholeTicketView,
    )


_KINDS = {"step_fired": "page", "step_skipped": "no page", "step_failed": "page failed"}
"""The words of a timeline for kinds of events whose names are not plain words."""
_IDS_ONLY: Mapping[str, str] = {}
"""The default for `names`: without names, people are shown by their ids, as commands take them."""
_HOLDER = re.compile(r"(?P<before>\S+ is )(?P<id>\S+)(?P<after> until .*)")
"""Matches the reason of a verdict that says who has a role: `primary is grace until Mon 2027-01-11 08:00 EST.`"""
_STEP = re.compile(r"(?P<id>\S+) is (?P<role>[^\s,]+)")
"""Matches the reason why a step pages an engineer: `grace is primary`."""


def stamp(text: str | None, zone: str | None, *, form: str = "%a %Y-%m-%d %H:%M") -> str:
    """Return an ISO time in the form `Sat 2027-01-09 03:12`; `-` for None or an empty text. form: a format of strftime.

    zone: the time zone in which to show the time; None keeps the offset of `text`. If the zone's clock shows this hour
    twice, the zone's abbreviation follows.
    """
    from oncall.support.wording import table_time

    if not text:
        return "-"
    at = datetime.fromisoformat(text)
    return table_time(at, ZoneInfo(zone), form=form) if zone else at.strftime(form)


def left_words(seconds: int) -> str:
    """Return a number of seconds as `45 min`, `2 h 5 min` or `less than a minute`.

    A negative number gives `late by 10 min`.
    """
    from oncall.support.wording import rough_span

    words = rough_span(timedelta(seconds=abs(seconds)))
    return f"late by {words}" if seconds < 0 else words


def state_words(item: TicketView, names: Mapping[str, str] = _IDS_ONLY) -> str:
    """Return a ticket's state in words, with its owner: `held until ...`, `taken by ana`, `merged into T-1`.

    names: people's names by id, which replace the ids.
    """
    owner = names.get(item["owner"], item["owner"]) if item["owner"] else None
    if item["merged_into"]:
        return f"merged into {item['merged_into']}"
    if item["state"] == "resolved":
        return "resolved"
    if item["state"] == "open" and item["hold_until"]:
        return f"held until {stamp(item['hold_until'], item.get('timezone'))}"
    if item["waiting"]:
        return f"waiting for the customer, owned by {owner}" if owner else "waiting for the customer"
    if item["state"] == "open" and owner:
        return f"chased, owned by {owner}"
    if item["state"] == "acknowledged" and owner:
        return f"taken by {owner}"
    return str(item["state"])


def most_urgent(read: Callable[[str | None], TicketListView], limit: int) -> list[TicketView]:
    """Return the `limit` tickets whose clocks end first.

    read: a function that returns the part of the list after a ticket id, or the first part for None. It is called until
    all parts are read.
    """
    found: list[TicketView] = []
    view = read(None)
    while True:
        found += view["tickets"]
        if view["next"] is None:
            return by_urgency(found)[:limit]
        view = read(view["next"])


def by_urgency(found: Sequence[TicketView]) -> list[TicketView]:
    """Return the tickets sorted by the clock that ends first.

    Tickets without a running clock come last, in their order.
    """
    return sorted(found, key=_urgency)


def _urgency(item: TicketView) -> float:
    first = first_to_end(item)
    return float("inf") if first is None else first[0]


def first_to_end(item: TicketView) -> tuple[int, ClockView] | None:
    """Return the running clock that ends first, and before it the seconds that the clock has left.

    None if no running clock has a deadline.
    """
    running = [(clock["seconds_left"], clock) for clock in item["clocks"]]
    return min(((left, clock) for left, clock in running if left is not None), key=itemgetter(0), default=None)


def is_near_its_end(item: TicketView) -> bool:
    """Return True if the clock that ends first has reached the time of its warning and is not over yet."""
    first = first_to_end(item)
    if first is None or first[0] <= 0:
        return False
    left, clock = first
    due, warn = clock["due_at"], clock["warn_at"]
    if due is None or warn is None:
        return False
    warned_for = datetime.fromisoformat(due) - datetime.fromisoformat(warn)
    return left <= warned_for.total_seconds()


def one_clock(clock: ClockView, zone: str | None) -> str:
    """Return one SLA clock in words, like `first reply: due Sat 2027-01-09 04:12, 45 min`. zone: as for `stamp`."""
    name = clock["metric"].replace("_", " ")
    if clock["seconds_left"] is not None:
        return f"{name}: due {stamp(clock['due_at'], zone)}, {left_words(clock['seconds_left'])}"
    if clock["state"] == "paused":
        return f"{name}: paused while we wait for the customer"
    if clock["state"] == "merged":
        return f"{name}: continues on the ticket that this one was merged into"
    if clock["state"] == "breached":
        return f"{name}: breached {stamp(clock['breached_at'], zone)}"
    return f"{name}: met {stamp(clock['met_at'], zone)}" if clock["met_at"] else f"{name}: stopped"


def timeline_rows(view: WholeTicketView, names: Mapping[str, str] = _IDS_ONLY) -> list[list[str]]:
    """Return a ticket's log as rows of time, event, author and words. A row of a message has only time and words.

    names: people's names by id, which replace the ids. Words that a person wrote stay unchanged.
    """
    zone = view.get("timezone")
    below: dict[int | None, list[AttemptView]] = {}
    for attempt in view["attempts"]:
        below.setdefault(_place(attempt, view["events"]), []).append(attempt)
    rows: list[list[str]] = []
    for index, event in enumerate(view["events"]):
        at, kind = stamp(event["at"], zone), _KINDS.get(event["kind"], event["kind"].replace("_", " "))
        rows.append([at, kind, names.get(event["by"], event["by"]), event_words(event, zone, names)])
        if "mail" in event:
            rows.append(_mail_row(event["mail"], zone))
        if event["kind"] == "judged":
            rows += [["", "", "", f"  {_named(_HOLDER, each, names)}"] for each in event["details"]["reasons"]]
        rows += [_attempt_row(attempt, zone, names) for attempt in below.get(index, ())]
    rows += [_attempt_row(attempt, zone, names) for attempt in below.get(None, ())]
    return rows


def _mail_row(mail: MailView, zone: str | None) -> list[str]:
    words = {"waiting": "waits to be sent", "sent": "sent", "quarantined": "failed"}[mail["state"]]
    error = f" ({mail['error']})" if "error" in mail else ""
    return [stamp(mail.get("sent_at", mail["written_at"]), zone), "", "", f"  mail to the customer: {words}{error}"]


def _attempt_row(attempt: AttemptView, zone: str | None, names: Mapping[str, str]) -> list[str]:
    return [stamp(attempt["at"], zone), "", "", f"  {_attempt_words(attempt, names)}"]


def _named(pattern: re.Pattern[str], sentence: str, names: Mapping[str, str]) -> str:
    """Return a sentence of the pager with the person's name instead of the id, if the sentence matches `pattern`."""
    found = pattern.fullmatch(sentence)
    if found is None:
        return sentence
    return f"{found['before']}{names.get(found['id'], found['id'])}{found['after']}"


def _place(attempt: AttemptView, events: Sequence[EventView]) -> int | None:
    """Return the index of the event under which a message is shown; None if it is shown after the whole log.

    The event is the last one that delayed or bundled the message, else the one that caused it.
    """
    own = [index for index, event in enumerate(events) if _belongs(attempt, event)]
    delays = [
        index
        for index, event in enumerate(events)
        if event["kind"] in _DELAYS and event.get("details", {}).get("attempt") == attempt["id"]
    ]
    return delays[-1] if delays else own[0] if own else None


_DELAYS = ("page_waits", "page_bundled")
_STEPS = ("step_fired", "step_skipped", "step_failed", "step_rerouted", "step_resent")


def _belongs(attempt: AttemptView, event: EventView) -> bool:
    """Return True if the event caused the message.

    The event of a step names its page. A notice is recognised by the time that it shares with its event.
    """
    if attempt["purpose"] == "notice":
        return event["kind"] not in _STEPS and attempt["at"] in (event["at"], _recorded_at(event))
    return bool(event.get("details", {}).get("attempt") == attempt["id"] and event["kind"].startswith("step_"))


def _recorded_at(event: EventView) -> str | None:
    """Return when an event was recorded, if it was reported late; else None.

    ISO 8601, with the offset of the event's time.
    """
    text = event.get("details", {}).get("recorded_at")
    if text is None:
        return None
    return datetime.fromisoformat(text).astimezone(datetime.fromisoformat(event["at"]).tzinfo).isoformat()


def _clock_words(event: EventView, zone: str | None) -> str:
    """Return when an event was recorded and which time its sender gave; empty if both are the event's own time."""
    said_at, recorded_at = event.get("details", {}).get("said_at"), _recorded_at(event)
    words = [f"recorded {stamp(recorded_at, zone)}"] if recorded_at is not None else []
    if said_at is not None:
        said = datetime.fromisoformat(said_at).astimezone(datetime.fromisoformat(event["at"]).tzinfo).isoformat()
        words.append(f"its sender said {stamp(said, zone, form='%a %Y-%m-%d %H:%M:%S')}")
    return f" ({', '.join(words)})" if words else ""


def _attempt_words(attempt: AttemptView, names: Mapping[str, str]) -> str:
    to = names.get(attempt["to"], attempt["to"])
    words = f"{attempt['purpose']} to {to} by {attempt['channel']}: {attempt['status']}"
    if str(attempt["provider_id"]).startswith("outbox-"):
        words += " (printed by the outbox; no phone rang)"
    return words + _error_words(attempt)


def event_words(event: EventView, zone: str | None = None, names: Mapping[str, str] = _IDS_ONLY) -> str:
    """Return why an event happened, in words, with the time at which it was recorded if that was later.

    names: as for `timeline_rows`.
    """
    details = event.get("details", {})
    if event["kind"] == "judged":
        return f"{details['action']}, {event['why']}"
    why = str(event["why"])
    if event["kind"] == "step_fired" and (step := _STEP.fullmatch(why)) is not None:
        return f"{names.get(step['id'], step['id'])} is paged as {step['role']}"
    if event["kind"] in ("step_fired", "step_skipped"):
        return f"{details['notify']}: {why}"
    if event["kind"] == "page_waits":
        why = _wait_words(why, str(details.get("to", "")), names)
    if event["kind"] == "impact_changed" and not why.endswith(f" to {details['impact']}"):
        # The author's note has replaced "normal to urgent".
        why = f"now {details['impact']}: {why}"
    text = details.get("text")
    return (_message_words(event, str(text)) if text else why) + _clock_words(event, zone)


def _message_words(event: EventView, text: str) -> str:
    """Return the text of a message. Our own note, which the customer does not see, comes before it as `note: ...`."""
    kind, why, said = event["kind"], str(event["why"]), f'"{" ".join(text.split())}"'
    if kind not in ("replied", "updated"):
        return f"{why}: {said}"
    note = f"note: {why}; " if why != kind else ""
    return f"{note}to the customer: {said}"


def _wait_words(why: str, to: str, names: Mapping[str, str]) -> str:
    """Return why a page waits, with the name of the person: `waits 10 s to go with other pages for Grace: ...`."""
    if to not in names:
        return why
    person = re.escape(to)
    return re.sub(rf"(?<=for ){person}(?=:)|(?<=call ){person}(?=:)|(?<=: ){person}(?= was)", lambda _: names[to], why)


def _error_words(attempt: AttemptView) -> str:
    """Return why an attempt failed, in words; empty if it did not.

    For an attempt that was sent after a retry, it is the last error before that.
    """
    if not attempt["error"]:
        return ""
    if attempt["status"] not in ("accepted", "sent", "delivered"):
        return f" ({attempt['error']})"
    on_send = f" on send {attempt['tries']}" if attempt["tries"] > 1 else ""
    return f"{on_send}; before that: {attempt['error'].partition(';')[0]}"
