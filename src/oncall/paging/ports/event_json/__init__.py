"""Converts the details of events to JSON and back, for the `details` of the database and of the API.

No other module does this. Times are ISO 8601 in UTC. Keys are written in a fixed order, and a key without a value is
left out.
"""

from __future__ import annotations

from oncall.paging.domain.events import Event, EventKind, Unreadable
from oncall.paging.ports.event_json import action_codecs, pager_codecs
from oncall.paging.ports.event_json.values import Common, Details, Json

_KINDS = {kind.value: kind for kind in EventKind}
_READERS = {kind.value: reader for kind, reader in (action_codecs.READERS | pager_codecs.READERS).items()}
_WRITERS = action_codecs.WRITERS | pager_codecs.WRITERS


def event_from(kind: str, common: Common, details: Details) -> Event:
    """Return the event in a database row. Raises KeyError for an unknown kind.

    The event is an `Unreadable` if its details are not valid for its kind.
    """
    read = _READERS[kind]
    try:
        return read(common, details)
    except (KeyError, TypeError, ValueError, AttributeError):
        return Unreadable(*common, kind=_KINDS[kind], details=details)


def details_of(event: Event) -> Json:
    """Return the `details` of an event as JSON. An `Unreadable` event has the details that were stored."""
    return event.details if isinstance(event, Unreadable) else _WRITERS[type(event)](event)
