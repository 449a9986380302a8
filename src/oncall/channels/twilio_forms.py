"""Which form posts of Twilio can be trusted: signed fields without a second reading, of our own account and number.

Twilio's signature covers the names and values of the fields one after the other, without a separator. `Body=X` has the
same signature as a field `Bod` with the value `yX`. So a form is refused if it could be another form in disguise.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from oncall.paging.domain.quoted_text import quoted
from oncall.support.phones import same_phone

Form = Mapping[str, Sequence[str]]
"""Each field with all its values, in the order of the body."""

_NAME = re.compile(r"[A-Z][A-Za-z0-9_-]{0,63}")
"""The names that Twilio gives to fields. Values that we read as numbers or states hold no capital letter in the middle,
so no part of them can pass for a name."""
_SHAPES = {
    "ApiVersion": re.compile(r"\d{4}-\d{2}-\d{2}"),
    "MessageStatus": re.compile(r"[a-z_-]*"),
    "SmsStatus": re.compile(r"[a-z_-]*"),
    "CallStatus": re.compile(r"[a-z_-]*"),
    "Digits": re.compile(r"[0-9*#]*"),
}
_USED = frozenset(
    ("AccountSid", "MessageSid", "MessagingServiceSid", "ErrorCode", "From", "To", "Body", "OptOutType", "CallSid")
) | frozenset(_SHAPES)
_BESIDE_A_BODY = frozenset(("AccountSid", "AddOns", "ApiVersion", "From", "FromCity", "FromCountry"))
"""The documented fields of an SMS that may sort directly before or after its text."""


def why_unclear(form: Form) -> str | None:
    """Return why a signed form might be another form in disguise; None if it has one reading only."""
    for name, values in form.items():
        if not _NAME.fullmatch(name):
            return f"{quoted(name)} is not the name of a field that Twilio sends"
        if name in _USED and len(values) > 1:
            return f"{name}: is given {len(values)} times"
        shape = _SHAPES.get(name)
        if shape is not None and not shape.fullmatch(values[0]):
            return f"{name}: {quoted(values[0])} is not a value that Twilio sends"
        hidden = next((used for used in _USED if used not in form and used.startswith(name)), None)
        if hidden is not None and name not in _USED:
            return f"{quoted(name)} may be a part of the field {hidden}"
    return _why_text_is_unclear(form)


def _why_text_is_unclear(form: Form) -> str | None:
    """Return why the text of an SMS might begin or end elsewhere: an unknown field stands directly beside it."""
    names = sorted(form)
    if "Body" not in form:
        longer = next((name for name in names if name.startswith("Body")), None)
        return f"{quoted(longer)} may be a part of the field Body" if longer is not None else None
    at = names.index("Body")
    beside = names[max(at - 1, 0) : at] + names[at + 1 : at + 2]
    unknown = next((name for name in beside if name not in _BESIDE_A_BODY and name not in _USED), None)
    return f"{quoted(unknown)} may be a part of the field Body" if unknown is not None else None


@dataclass(frozen=True, slots=True)
class OwnAccount:
    """What a callback must name: our account, and for an inbound SMS our number or messaging service.

    An empty or absent setting is not checked; neither is a field that a form does not have.
    """

    sid: str
    number: str | None = field(default=None, repr=False)
    messaging_service_sid: str | None = None

    def why_foreign(self, form: Form) -> str | None:
        """Return why a form is not about our account; None if it is."""
        named = form.get("AccountSid")
        if self.sid and named is not None and named[0] != self.sid:
            return f"AccountSid: {quoted(named[0])} is not the account of TWILIO_ACCOUNT_SID"
        return None

    def why_to_another(self, sms: Mapping[str, str]) -> str | None:
        """Return why an inbound SMS was not sent to us; None if it was."""
        service, to = sms.get("MessagingServiceSid"), sms.get("To")
        if self.messaging_service_sid is not None:
            if service is None or service == self.messaging_service_sid:
                return None
            return f"MessagingServiceSid: {quoted(service)} is not the service of TWILIO_MESSAGING_SERVICE_SID"
        if self.number is not None and to is not None and not same_phone(to, self.number):
            return "To: this is not the number of TWILIO_FROM"
        return None
