"""Checks whether a posted form can be trusted: it can be read in one way only, and is about our own account and number.

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
"""All values of each field, by the field's name, in the order of the body."""

_NAME = re.compile(r"[A-Z][A-Za-z0-9_-]{0,63}")
"""Matches the names that Twilio gives to fields.

Values that we read as numbers or states have no capital letter in the middle, so no part of them can pass for a name.
"""
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
_AFTER_A_TEXT = re.compile(r"(?=[A-Z0-9_-]*[a-z])[^=]*=[A-Za-z0-9+{\[]")
"""Matches the name and value of a field that Twilio may add after the text of an SMS.

A code that was cut off the end of the text has capitals and digits only, and a word that was cut off is followed by
nothing or by a space, so neither matches.
"""


def why_unclear(form: Form) -> str | None:
    """Return why a signed form might be another form in disguise; None if it can be read in one way only."""
    for name, values in form.items():
        if not _NAME.fullmatch(name):
            return f"{quoted(name)} is not the name of a field that Twilio sends"
        if name in _USED:
            if len(values) > 1:
                return f"{name}: is given {len(values)} times"
            shape = _SHAPES.get(name)
            if shape is not None and not shape.fullmatch(values[0]):
                return f"{name}: {quoted(values[0])} is not a value that Twilio sends"
        elif (used := _cut_from(name)) is not None:
            return f"{quoted(name)} may be a part of the field {used}"
    return _why_text_is_cut(form)


def _cut_from(name: str) -> str | None:
    """Return the known field of which a field with this unknown name may be a part; None if there is no such field.

    That is so if the known field's name begins with this name, or if this name is `Body` and the beginning of a text.
    """
    if name.startswith("Body"):
        return "Body"
    return next((used for used in sorted(_USED) if used.startswith(name)), None)


def _why_text_is_cut(form: Form) -> str | None:
    """Return why the text of an SMS may not be whole; None if it is whole.

    An unknown field that sorts directly after `Body` may contain the end of the text.
    """
    after = min((name for name in form if name > "Body"), default=None) if "Body" in form else None
    if after is None or after in _USED or _AFTER_A_TEXT.match(f"{after}={form[after][0]}"):
        return None
    return f"{quoted(after)} may be a part of the field Body"


@dataclass(frozen=True, slots=True)
class OwnAccount:
    """Our account, and our number or messaging service, which a callback must name.

    A setting that is empty or None is not checked. Neither is a field that a form does not have.
    """

    sid: str
    number: str | None = field(default=None, repr=False)
    messaging_service_sid: str | None = None

    def why_foreign(self, form: Form) -> str | None:
        """Return why a form is not about our account; None if it is, or if it names no account."""
        named = form.get("AccountSid")
        if self.sid and named is not None and named[0] != self.sid:
            return f"AccountSid: {quoted(named[0])} is not the account of TWILIO_ACCOUNT_SID"
        return None

    def is_named_by(self, sms: Mapping[str, str]) -> bool:
        """Return True if an inbound SMS was sent to our messaging service or, without a service, to our number."""
        if self.messaging_service_sid is not None:
            return sms.get("MessagingServiceSid") == self.messaging_service_sid
        return self.number is not None and same_phone(sms.get("To", ""), self.number)

    def why_to_another(self, sms: Mapping[str, str]) -> str | None:
        """Return why an inbound SMS was not sent to us; None if it was, or if it does not name its recipient."""
        service, to = sms.get("MessagingServiceSid"), sms.get("To")
        if self.messaging_service_sid is not None:
            if service is None or service == self.messaging_service_sid:
                return None
            return f"MessagingServiceSid: {quoted(service)} is not the service of TWILIO_MESSAGING_SERVICE_SID"
        if self.number is not None and to is not None and not same_phone(to, self.number):
            return "To: this is not the number of TWILIO_FROM"
        return None
