"""A mapping: rules that turn the JSON of one kind of webhook into tickets and events. `mapping_file` reads its YAML."""

from __future__ import annotations

import re
from collections.abc import Mapping as Keys
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from oncall.intake.expressions import CannotEvaluate, Expression, Json
from oncall.intake.mail_words import html_text
from oncall.intake.posts import Post
from oncall.intake.signals import Reading, Signal, SignalKind, Unreadable
from oncall.paging.actions.action_checks import LONGEST_WHY
from oncall.paging.actions.field_faults import instant, shown
from oncall.paging.actions.posted_json import BadJson, json_from
from oncall.paging.actions.posted_ticket import ID_PATTERN
from oncall.paging.domain.quoted_text import clean

MOST_ITEMS = 100
"""The most tickets in one body."""
LABELS = ("customer", "customer_id", "organization", "domain", "email", "tags", "plan", "impact")
"""The fields of a ticket that the routing table reads."""
LONGEST_LABEL = 200
_MILLISECONDS_FROM = 100_000_000_000
"""A time larger than this is in milliseconds since 1970, not in seconds."""


@dataclass(frozen=True, slots=True)
class FieldRule:
    """How one field gets its value: from an expression, or as a fixed text.

    words: the field's value for each value in the body (in small letters). otherwise: the field's value if `words`
    lacks the body's value, or if the body has no value; None: the body's own value. prefix: written before the value.
    is_html: True if the body's value is HTML.
    """

    expression: Expression | None = None
    text: str | None = None
    words: Keys[str, str] = field(default_factory=dict)
    otherwise: str | None = None
    prefix: str = ""
    is_html: bool = False

    def value(self, document: Json) -> Json:
        """Return the field's value for a body; None if there is none.

        Raises CannotEvaluate if the expression cannot be used.
        """
        if self.expression is None:
            return self.text
        found = plain(self.expression.value(document))
        if self.is_html and isinstance(found, str):
            found = html_text(found)
        if self.words:
            known = self.words.get(str(found).strip().casefold()) if found is not None else None
            found = known if known is not None or self.otherwise is not None else found
        if found is None or found == "":
            return self.otherwise
        return f"{self.prefix}{found}" if self.prefix else found


@dataclass(frozen=True, slots=True)
class EventRule:
    """A rule for an event: a body reports it if `when` is true for the body.

    fields: those of a posted event, with `kind`.
    """

    when: Expression
    fields: Keys[str, FieldRule]


@dataclass(frozen=True, slots=True)
class SignatureRule:
    """How a sender signs the body by HMAC, with a secret that both sides know.

    header: the header with the signature, in small letters. encoding: `hex` or `base64`. prefix: the text before the
    signature. timestamp: the header whose text is signed before the body, with `between` after that text; None: the
    body is signed alone. algorithm: `sha256`, or `sha1` for senders that know no other.
    """

    header: str
    encoding: str = "hex"
    prefix: str = ""
    timestamp: str | None = None
    between: str = ""
    algorithm: str = "sha256"


@dataclass(frozen=True, slots=True)
class Authentication:
    """How the sender of a mapping proves who it is. Without header and signature: by a bearer token or by basic auth.

    header: the header that contains the caller's token.
    """

    header: str | None = None
    signature: SignatureRule | None = None


@dataclass(frozen=True, slots=True)
class WebhookMapping:
    """The values of a mapping file. name: the file's name without its ending, which is part of the webhook's path."""

    name: str
    ticket: Keys[str, FieldRule]
    events: tuple[EventRule, ...] = ()
    about: str = ""
    ignore: Expression | None = None
    opens: Expression | None = None
    each: Expression | None = None
    labels: Keys[str, FieldRule] = field(default_factory=dict)
    authentication: Authentication = Authentication()

    def read_post(self, post: Post) -> Reading:
        """Return the signals of a request. Raises Unreadable if its body is not JSON or does not fit this mapping."""
        try:
            return self.read(json_from(post.body))
        except BadJson as refusal:
            raise Unreadable(f"the body {refusal}") from refusal

    def read(self, document: Json) -> Reading:
        """Return the signals of a posted body; none if the mapping ignores the body.

        If an item of a list has a fault, the signals of the other items are still returned. Raises Unreadable for a
        body that does not fit this mapping.
        """
        try:
            if self.ignore is not None and is_true(self.ignore.value(document)):
                return Reading()
            bodies = [document] if self.each is None else self.each.value(document)
        except CannotEvaluate as refusal:
            raise Unreadable(f"the body {refusal}") from refusal
        if not isinstance(bodies, list):
            raise Unreadable(f'the body has no list at "{self.each.text if self.each is not None else ""}"')
        if len(bodies) > MOST_ITEMS:
            raise Unreadable(f"the body is about {len(bodies)} tickets; {MOST_ITEMS} at most")
        signals: list[Signal] = []
        faults: list[str] = []
        for body in bodies:
            try:
                signals += self._signals(body)
            except CannotEvaluate as refusal:
                faults.append(f"the body {refusal}")
        if not signals and faults:
            raise Unreadable(faults[0])
        return Reading(tuple(signals), tuple(faults))

    def _signals(self, body: Json) -> list[Signal]:
        """Return the signals of one item: one for the ticket in its present state, and one for each event."""
        found = _values(self.ticket, body)
        ticket_id = found.get("id")
        if not isinstance(ticket_id, str) or not ID_PATTERN.fullmatch(ticket_id):
            raise CannotEvaluate(f"has {shown(ticket_id)} as ticket.id; 1 to 40 of A-Z a-z 0-9 . _ : - are needed")
        events = [_values(rule.fields, body) for rule in self.events if is_true(rule.when.value(body))]
        signals: list[Signal] = []
        if self.opens is None or is_true(self.opens.value(body)):
            signals.append(self._opened(ticket_id, found, body))
        return signals + [_event(ticket_id, event, found) for event in events]

    def _opened(self, ticket_id: str, found: Keys[str, Json], body: Json) -> Signal:
        labels = {**_values(self.labels, body), **{name: found[name] for name in LABELS if name in found}}
        contact = found.get("contact")
        return Signal(
            SignalKind.TRIGGER,
            key=ticket_id,
            labels={name: _label(value) for name, value in labels.items()},
            subject=text_of(found.get("subject")),
            url=text_of(found.get("url")) or None,
            at=time_of(found.get("opened_at")),
            ticket_id=ticket_id,
            more={"contact": text_of(contact)} if contact else {},
            said_at=time_of(found.get("updated_at")),
            is_followed=True,
        )


def _event(ticket_id: str, event: Keys[str, Json], ticket: Keys[str, Json]) -> Signal:
    said_at = time_of(ticket.get("updated_at"))
    if event["kind"] == "resolved" and event.keys() <= {"kind", "why", "at"}:
        why = text_of(event.get("why"))
        return Signal(SignalKind.RESOLVE, ticket_id, ticket_id=ticket_id, why=why, said_at=said_at, is_followed=True)
    values = dict(event)
    if (at := time_of(values.pop("at", None))) is not None:
        values["at"] = at.isoformat()
    if "why" in values:
        values["why"] = clean(text_of(values["why"]))[:LONGEST_WHY]
    if "id" in values:
        values["id"] = clean(text_of(values["id"]))[:100]
    return Signal(SignalKind.EVENT, ticket_id, ticket_id=ticket_id, event=values)


def _values(rules: Keys[str, FieldRule], body: Json) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for name, rule in rules.items():
        try:
            value = rule.value(body)
        except CannotEvaluate as refusal:
            raise CannotEvaluate(f"{name} {refusal}") from refusal
        if value is not None and value != "":
            found[name] = value
    return found


def time_of(value: Json) -> datetime | None:
    """Parse ISO 8601 text with an offset, or seconds or milliseconds since 1970, to aware UTC; None for all else."""
    text = text_of(value)
    if re.fullmatch(r"[0-9]{9,14}", text):
        number = int(text)
        return datetime.fromtimestamp(number / 1000 if number > _MILLISECONDS_FROM else number, UTC)
    return instant(text)


def text_of(value: Json) -> str:
    """Return a value as text; empty for an object, and for None."""
    found = plain(value)
    return " ".join(found) if isinstance(found, list) and found else found.strip() if isinstance(found, str) else ""


def _label(value: Json) -> str:
    return text_of(value)[:LONGEST_LABEL]


def plain(value: Json) -> Json:
    """Return a value in the form that a field has: numbers become text, and lists become lists of text.

    Other values are unchanged.
    """
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
    if isinstance(value, list):
        return [str(each) for each in value[:MOST_ITEMS] if isinstance(each, str | int)]
    return value


def is_true(value: Json) -> bool:
    """Return True if JMESPath counts a value as true: all but null, false, and empty texts, lists and objects."""
    if isinstance(value, str | Sequence | Keys):
        return len(value) > 0
    return value is not None and value is not False
