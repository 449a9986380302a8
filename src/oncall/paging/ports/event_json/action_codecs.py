"""Converts the events that people and callers cause to JSON and back."""

from __future__ import annotations

from oncall.paging.domain.events import (
    Acknowledged,
    CustomerReplied,
    Event,
    EventKind,
    ImpactChanged,
    Merged,
    MessageEvent,
    Noted,
    Passed,
    Received,
    Reopened,
    Replied,
    Resolved,
    SupportMessage,
    Updated,
    Waiting,
)
from oncall.paging.ports.event_json.values import (
    Common,
    Details,
    Json,
    Reader,
    Writer,
    given,
    reported_json,
    reported_of,
    terms_json,
    terms_of,
)


def _read_received(common: Common, details: Details) -> Received:
    return Received(*common, plan=details.get("plan"), impact=details.get("impact"), terms=terms_of(details))


def _received_json(event: Received) -> Json:
    return given(plan=event.plan, impact=event.impact) | terms_json(event.terms)


def _read_acknowledged(common: Common, details: Details) -> Acknowledged:
    if not details:
        return Acknowledged(*common)
    return Acknowledged(*common, reported=reported_of(details), taken_from=details.get("taken_from"))


def _acknowledged_json(event: Acknowledged) -> Json:
    return given(taken_from=event.taken_from) | reported_json(event)


def _read_passed(common: Common, details: Details) -> Passed:
    return Passed(*common, reported=reported_of(details), to=details.get("to")) if details else Passed(*common)


def _passed_json(event: Passed) -> Json:
    return given(to=event.to) | reported_json(event)


def _reads_action(made: type[Resolved | Waiting]) -> Reader:
    def read(common: Common, details: Details) -> Event:
        return made(*common, reported=reported_of(details)) if details else made(*common)

    return read


def _reads_message(made: type[Replied | Updated]) -> Reader:
    def read(common: Common, details: Details) -> Event:
        if not details:
            return made(*common)
        takes_ticket, is_mailed = details.get("takes_ticket") is not False, details.get("mailed") is True
        return made(*common, **_message(details), takes_ticket=takes_ticket, is_mailed=is_mailed)

    return read


def _read_customer_replied(common: Common, details: Details) -> CustomerReplied:
    if not details:
        return CustomerReplied(*common)
    return CustomerReplied(*common, **_message(details), needs_reply=details.get("needs_reply") is not False)


def _message(details: Details) -> Json:
    return {
        "reported": reported_of(details),
        "forwarded_to": details.get("forwarded_to"),
        "forwarded_from": details.get("forwarded_from"),
        "text": details.get("text"),
    }


def _customer_replied_json(event: CustomerReplied) -> Json:
    return ({} if event.needs_reply else {"needs_reply": False}) | _message_json(event)


def _support_message_json(event: SupportMessage) -> Json:
    takes_ticket: Json = {} if event.takes_ticket else {"takes_ticket": False}
    is_mailed: Json = {"mailed": True} if event.is_mailed else {}
    return takes_ticket | is_mailed | _message_json(event)


def _message_json(event: MessageEvent) -> Json:
    forwarded = given(forwarded_to=event.forwarded_to, forwarded_from=event.forwarded_from)
    return forwarded | given(text=event.text) | reported_json(event)


def _read_reopened(common: Common, details: Details) -> Reopened:
    return Reopened(
        *common, reported=reported_of(details), terms=terms_of(details), was_open=bool(details.get("was_open"))
    )


def _reopened_json(event: Reopened) -> Json:
    was_open = {"was_open": True} if event.was_open else {}
    return reported_json(event) | terms_json(event.terms) | was_open


def _read_impact_changed(common: Common, details: Details) -> ImpactChanged:
    return ImpactChanged(*common, reported=reported_of(details), impact=details["impact"], terms=terms_of(details))


def _impact_changed_json(event: ImpactChanged) -> Json:
    return {"impact": event.impact} | reported_json(event) | terms_json(event.terms)


def _read_merged(common: Common, details: Details) -> Merged:
    return Merged(*common, reported=reported_of(details), into=details["into"], named=details.get("named"))


def _merged_json(event: Merged) -> Json:
    return given(into=event.into, named=event.named) | reported_json(event)


READERS: dict[EventKind, Reader] = {
    EventKind.RECEIVED: _read_received,
    EventKind.ACKNOWLEDGED: _read_acknowledged,
    EventKind.REPLIED: _reads_message(Replied),
    EventKind.CUSTOMER_REPLIED: _read_customer_replied,
    EventKind.UPDATED: _reads_message(Updated),
    EventKind.RESOLVED: _reads_action(Resolved),
    EventKind.REOPENED: _read_reopened,
    EventKind.IMPACT_CHANGED: _read_impact_changed,
    EventKind.PASSED: _read_passed,
    EventKind.WAITING: _reads_action(Waiting),
    EventKind.MERGED: _read_merged,
    EventKind.NOTED: lambda common, _: Noted(*common),
}

WRITERS: dict[type[Event], Writer] = {
    Received: _received_json,
    Acknowledged: _acknowledged_json,
    Replied: _support_message_json,
    CustomerReplied: _customer_replied_json,
    Updated: _support_message_json,
    Resolved: reported_json,
    Reopened: _reopened_json,
    ImpactChanged: _impact_changed_json,
    Passed: _passed_json,
    Waiting: reported_json,
    Merged: _merged_json,
    Noted: lambda _: {},
}
