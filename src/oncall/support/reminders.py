"""The `reminders` key of a policy: when engineers are reminded of a shift, and whether they must prove their phones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from oncall.support.wording import exact_span

CHOICES = {"week": timedelta(days=7), "day": timedelta(days=1), "hour": timedelta(hours=1)}
"""The reminders that a person may choose, the longest first."""
LONGEST, SHORTEST, MOST = timedelta(days=14), timedelta(minutes=5), 5


@dataclass(frozen=True, slots=True)
class Reminders:
    """When engineers are reminded of their shifts, and who must prove a phone.

    before: how long before a shift its engineer is reminded, the longest time first; empty for never. prove_phones:
    engineers are asked by text to prove their phones before their first shift and after a change of number. not_to: ids
    of engineers who get no reminders; they are still asked to prove their phones.
    """

    before: tuple[timedelta, ...] = ()
    prove_phones: bool = False
    not_to: tuple[str, ...] = ()


def reminder_words(rules: Reminders) -> str:
    """Return the rules as a sentence without its end: `7 days and 1 h before a shift; phones are proven`."""
    when = before_words(rules.before)
    who = f", not to {', '.join(rules.not_to)}" if rules.before and rules.not_to else ""
    return f"{when}{who}; {'phones are proven' if rules.prove_phones else 'phones are not proven'}"


def before_words(before: Sequence[timedelta]) -> str:
    """Return when engineers are reminded, as `7 days and 1 h before a shift`; `none` for never."""
    spans = " and ".join(filter(None, [", ".join(map(exact_span, before[:-1])), *map(exact_span, before[-1:])]))
    return f"{spans} before a shift" if before else "none"
