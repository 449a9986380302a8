"""Events as JSON: what the `details` column and the API's `details` hold for each kind, and back.

No other module knows this. Times are ISO 8601 in UTC. Keys are written in a fixed order, and a key without a value is
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
    """Return the event in a row; `Unreadable` if its details make no sense. Raises KeyError for an unknown kind."""
    read = _READERS[kind]
    try:
        return read(common, details)
    except (KeyError, TypeError, ValueError, AttributeError):
        return Unreadable(*common, kind=_KINDS[kind], details=details)


def details_of(event: Event) -> Json:
    """Return the `details` of this event as JSON; those of an `Unreadable` event are as they were stored."""
    return event.details if isinstance(event, Unreadable) else _WRITERS[type(event)](event)
