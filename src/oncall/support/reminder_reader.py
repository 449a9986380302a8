"""Reads the `reminders` key of a policy file."""

from __future__ import annotations

from datetime import timedelta

from oncall.file_nodes import Node, shown
from oncall.file_values import Fields, distinct_list_of, list_of, scalar, true_or_false
from oncall.support.reminders import LONGEST, MOST, SHORTEST, Reminders
from oncall.support.value_readers import duration, slug

_MOST_PEOPLE = 1000


def reminders(node: Node) -> Reminders:
    """Read the `reminders` key: `{before: [7d, 1d, 1h], prove_phones: true, not_to: [ben]}`.

    Each of its keys may be absent.
    """
    fields, usual = Fields(node), Reminders()
    before = fields.optional("before", _times, usual.before)
    prove = fields.optional("prove_phones", true_or_false, usual.prove_phones)
    not_to = fields.optional("not_to", distinct_list_of(slug, least=0, most=_MOST_PEOPLE), usual.not_to)
    fields.close()
    return Reminders(before.value, prove.value, not_to.value)


def _times(node: Node) -> tuple[timedelta, ...]:
    found = list_of(_time)(node)
    if len(found) > MOST:
        raise node.refuse(f"has {len(found)} times; write at most {MOST}")
    if len(set(found)) < len(found):
        raise node.refuse("has a time twice; write each once")
    return tuple(sorted(found, reverse=True))


def _time(node: Node) -> timedelta:
    length = duration(node)
    if not SHORTEST <= length <= LONGEST:
        raise node.refuse(f"{shown(scalar(node).text)} is not a time before a shift; write one from 5m to 14d, like 1d")
    return length
