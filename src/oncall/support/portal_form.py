"""Finds the impact for the four answers in the portal's form, by the policy's table or the packaged table."""

from __future__ import annotations

from dataclasses import replace

from oncall.support.policy import Policy
from oncall.support.portal_rules import Emergency, FormAnswers, PortalRow, Way, What, Who

_RANKS = ("urgent", "high", "normal", "low")
_LOW = "It is a question, a request or a service, or nobody is kept from their normal work."
_NORMAL = "A few people are hit, or there is an easy way round it."
_URGENT = "It is broken, there is no way round it, and it is an emergency."
_HIGH = "Many people cannot do their normal work, and there is no easy way round it."
PACKAGED_ROWS = (
    PortalRow({"what": (What.QUESTION, What.SERVICES)}, "low", _LOW),
    PortalRow({"who": (Who.NOBODY,)}, "low", _LOW),
    PortalRow({"who": (Who.A_FEW,)}, "normal", _NORMAL),
    PortalRow({"way": (Way.EASY,)}, "normal", _NORMAL),
    PortalRow({"what": (What.BROKEN,), "way": (Way.NONE,), "emergency": (Emergency.YES,)}, "urgent", _URGENT),
    PortalRow({}, "high", _HIGH),
)
"""The table for a policy that has none. It follows the guidelines' definitions of the impacts."""


def portal_rows(policy: Policy) -> tuple[PortalRow, ...]:
    """Return the rows of the policy's table. If it has none: the packaged rows, with impacts of this policy."""
    if policy.portal.rows:
        return policy.portal.rows
    return tuple(replace(row, impact=_impact_like(row.impact, policy)) for row in PACKAGED_ROWS)


def row_of(answers: FormAnswers, policy: Policy) -> PortalRow:
    """Return the first row that fits the answers. One always fits, because a table that misses answers is refused."""
    return next(row for row in portal_rows(policy) if row.fits(answers))


def reason_of(answers: FormAnswers, policy: Policy) -> str:
    """Return a sentence for the customer that says why the answers lead to their impact."""
    row = row_of(answers, policy)
    return row.why or policy.impacts[row.impact].definition


def impact_of(answers: FormAnswers, policy: Policy) -> str:
    """Return the impact that the policy's table gives for the answers."""
    return row_of(answers, policy).impact


def _impact_like(rank: str, policy: Policy) -> str:
    """Return the policy's impact that is nearest to an impact of the packaged table, given by its name `rank`.

    If the policy has no impact of that name, it is the next graver one, or else the next less grave one. For `low`,
    which should not page, it is the least grave impact that does not page, or the least grave of all if every impact
    pages.
    """
    names = list(policy.impacts)
    if rank == "low":
        quiet = [name for name in names if not policy.impacts[name].pages]
        return "low" if "low" in quiet else (quiet or names)[-1]
    place = _RANKS.index(rank)
    order = (*_RANKS[place::-1], *_RANKS[place + 1 :])
    return next((name for name in order if name in policy.impacts), names[0])
