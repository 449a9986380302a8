"""Reads CloudEvents 1.0, structured and binary. The fields of their data, like `labels` and `status`, are an alert."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from urllib.parse import unquote

from oncall.intake.posts import Post, instant_in, json_object, labels_in, mapping_in, text_in, web_address
from oncall.intake.signals import Reading, Signal, SignalKind, Unreadable
from oncall.paging.actions.posted_json import BadJson, json_from

_ENDS = ("resolved", "resolve", "closed", "close", "ok", "recovered", "cleared", "end", "ended")
_TAKES = ("acknowledged", "acknowledge", "ack")
_SUBJECTS = ("summary", "subject", "title", "message", "description")
_NEEDED = ("id", "source", "type")
MOST_EVENTS = 1000


def read_cloudevents(post: Post) -> Reading:
    """Return a signal for each event of a request: one event, or a batch. Raises Unreadable if none can be read."""
    media = post.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media == "application/cloudevents-batch+json":
        return _batch(post.body)
    if media.startswith("application/cloudevents") or "ce-specversion" not in post.headers:
        return Reading((_signal(json_object(post.body)),))
    attributes: dict[str, object] = {
        name.removeprefix("ce-"): unquote(value) for name, value in post.headers.items() if name.startswith("ce-")
    }
    return Reading((_signal({**attributes, "data": _data(post.body, media)}),))


def _batch(body: bytes) -> Reading:
    try:
        events = json_from(body)
    except BadJson as refusal:
        raise Unreadable(f"the body {refusal}") from refusal
    if not isinstance(events, list) or not events:
        raise Unreadable("the body is not a list of events")
    signals, faults = [], []
    for number, event in enumerate(events[:MOST_EVENTS]):
        try:
            signals.append(_signal(event if isinstance(event, Mapping) else {}))
        except Unreadable as refusal:
            faults.append(f"event {number}: {refusal}")
    if len(events) > MOST_EVENTS:
        faults.append(f"the body has {len(events)} events; {MOST_EVENTS} at most are read")
    return Reading(tuple(signals), tuple(faults))


def _data(body: bytes, media: str) -> object:
    """Return the data of a binary event: the parsed JSON, or an object with the text as `message`.

    Raises Unreadable if the media type says JSON but the body is not JSON.
    """
    if not body.strip():
        return {}
    try:
        return json_from(body)
    except BadJson as refusal:
        if "json" in media:
            raise Unreadable(f"the data {refusal}") from refusal
        return {"message": body.decode("utf-8", "replace")[:1000]}


def _signal(event: Mapping[str, object]) -> Signal:
    missing = [name for name in _NEEDED if not text_in(event, name)]
    if missing:
        raise Unreadable(f"the event has no {' and no '.join(missing)}")
    data = _encoded(event) if event.get("data") is None else event["data"]
    if isinstance(data, str):
        data = _inner(data)
    document: Mapping[str, object] = data if isinstance(data, Mapping) else {}
    labels = {**labels_in(mapping_in(document, "labels")), **labels_in(document)}
    kind_of_event, subject = text_in(event, "type"), text_in(event, "subject")
    labels |= {"type": kind_of_event, "source": text_in(event, "source")} | ({"subject": subject} if subject else {})
    # Events of one source with one key or subject are one problem; without either, each event is a problem of its own.
    key = text_in(document, "key") or text_in(document, "dedup_key") or subject
    own = f"{text_in(event, 'source')} {key}" if key else f"{text_in(event, 'source')} #{text_in(event, 'id')}"
    kind = _kind(kind_of_event, text_in(document, "status") or text_in(document, "state"))
    return Signal(
        kind,
        own,
        labels,
        subject=next((text for name in _SUBJECTS if (text := text_in(document, name))), "") or subject or kind_of_event,
        url=web_address(text_in(document, "url")),
        at=instant_in(text_in(event, "time")),
        by=text_in(document, "by"),
        why=f"{kind_of_event} of {text_in(event, 'source')}" if kind is SignalKind.RESOLVE else "",
        is_episode=not key,
        said_at=instant_in(text_in(event, "time")) if key else None,
        sent_id=_digest(event) if key else "",
    )


def _digest(event: Mapping[str, object]) -> str:
    """Return a digest of the whole event, because careless senders give different events the same id."""
    return hashlib.sha256(json.dumps(event, sort_keys=True).encode()).hexdigest()


def _encoded(event: Mapping[str, object]) -> object:
    """Decode the base64 data of an event to text; an empty object if it has none."""
    try:
        return base64.b64decode(text_in(event, "data_base64"), validate=True).decode("utf-8", "replace") or {}
    except (binascii.Error, ValueError):
        return {}


def _inner(text: str) -> object:
    try:
        return json.loads(text) if text.lstrip().startswith("{") else {"message": text[:1000]}
    except (ValueError, RecursionError):
        return {"message": text[:1000]}


def _kind(kind_of_event: str, status: str) -> SignalKind:
    """Return what an event says about its problem, by its status.

    Without a status, the last word of its type decides, as in `com.example.alert.resolved`.
    """
    word = status.lower() or kind_of_event.lower().replace("_", ".").replace("-", ".").rpartition(".")[2]
    if word in _ENDS:
        return SignalKind.RESOLVE
    return SignalKind.ACKNOWLEDGE if word in _TAKES else SignalKind.TRIGGER
