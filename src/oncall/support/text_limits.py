"""Readers of two keys of a policy file: `limits`, how many texts may go out, and `sms`, how texts are written."""

from __future__ import annotations

from datetime import timedelta

from oncall.file_nodes import Node, Reader, shown
from oncall.file_values import Fields, scalar, true_or_false, whole_number
from oncall.support.policy import Limits, SmsRules, TextLimit
from oncall.support.value_readers import duration, some_time

_LONGEST_BUNDLE = timedelta(minutes=5)
_LONGEST_URGENT_BUNDLE = timedelta(seconds=10)
_SHORTEST_BARE_REPLY, _LONGEST_BARE_REPLY = timedelta(minutes=1), timedelta(days=1)
_LONGEST_SPAN = timedelta(hours=1)
_MOST, _MOST_URGENT = 10_000, 1_000_000


def limits(node: Node) -> Limits:
    """Read the `limits` key. A key that it leaves out has its default."""
    fields, usual = Fields(node), Limits()
    a_page = _at_most(_LONGEST_BUNDLE, "a page", "0s to 5m, like 30s")
    bundle_for = fields.optional("bundle_for", a_page, usual.bundle_for)
    per_phone = fields.optional("per_phone", _allowance, usual.per_phone)
    sender = fields.optional("sender", _allowance, usual.sender)
    an_urgent_page = _at_most(_LONGEST_URGENT_BUNDLE, "an urgent page", "0s to 10s, like 3s")
    bundle_urgent_for = fields.optional("bundle_urgent_for", an_urgent_page, usual.bundle_urgent_for)
    urgent_per_phone = fields.optional("urgent_per_phone", _ceiling, None)
    urgent_per_caller = fields.optional("urgent_per_caller", _ceiling, None)
    fields.close()
    return Limits(
        bundle_for.value,
        per_phone.value,
        sender.value,
        bundle_urgent_for.value,
        urgent_per_phone.value,
        urgent_per_caller.value,
    )


def sms_rules(node: Node) -> SmsRules:
    """Read the `sms` key. A key that it leaves out has its default."""
    fields, usual = Fields(node), SmsRules()
    unicode = fields.optional("unicode", true_or_false, usual.unicode)
    link = fields.optional("link", true_or_false, usual.link)
    bare_reply_within = fields.optional("bare_reply_within", _bare_reply_within, usual.bare_reply_within)
    fields.close()
    return SmsRules(unicode.value, link.value, bare_reply_within.value)


def _bare_reply_within(node: Node) -> timedelta:
    length = duration(node)
    if not _SHORTEST_BARE_REPLY <= length <= _LONGEST_BARE_REPLY:
        raise node.refuse(
            f"{shown(scalar(node).text)} is not a time within which a reply without a code counts; "
            "write one from 1m to 1d, like 1h"
        )
    return length


def _at_most(longest: timedelta, what: str, example: str) -> Reader[timedelta]:
    """Return a reader of a length of time up to `longest`. what, example: parts of the message about a longer time."""

    def read(node: Node) -> timedelta:
        length = duration(node)
        if length > longest:
            raise node.refuse(f"{shown(scalar(node).text)} is too long for {what} to wait; write one from {example}")
        return length

    return read


def _ceiling(node: Node) -> TextLimit | None:
    return _allowance(node, most=_MOST_URGENT)


def _allowance(node: Node, *, most: int = _MOST) -> TextLimit:
    """Read a rate limit: `{most: 10, within: 60s}`. most: the greatest number that may be written."""
    fields = Fields(node)
    count = fields.required("most", whole_number(1, most), example="10")
    within = fields.required("within", _within, example="60s")
    fields.close()
    return TextLimit(count.value, within.value)


def _within(node: Node) -> timedelta:
    length = some_time(node)
    if length > _LONGEST_SPAN:
        raise node.refuse(
            f"{shown(scalar(node).text)} is too long to count messages in; write one from 1s to 1h, like 60s"
        )
    return length
