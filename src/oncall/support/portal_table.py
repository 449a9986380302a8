"""Shows the portal's table to people and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oncall.support.portal_form import portal_rows
from oncall.support.wording import exact_span

if TYPE_CHECKING:
    from oncall.support.policy import Policy
    from oncall.support.policy_view_types import PortalView
    from oncall.support.portal_rules import PortalRow


def portal_lines(policy: Policy) -> list[str]:
    """Return the portal's table for a terminal, one line for each row, and the average time to an answer."""
    return [
        "Portal: the first line that fits a customer's answers makes the impact.",
        *(f"  {_row_words(row)}: {row.impact}{_team_words(row)}" for row in portal_rows(policy)),
        f"Answers in business hours: within {exact_span(policy.portal.answer_within)} on average.",
    ]


def portal_view(policy: Policy) -> PortalView:
    """Return the portal's table as JSON."""
    return {
        "rows": [
            {
                "answers": {question: list(wanted) for question, wanted in row.answers.items()},
                "impact": row.impact,
                "why": row.why,
                "mail": row.mail or None,
            }
            for row in portal_rows(policy)
        ],
        "answer_within_seconds": int(policy.portal.answer_within.total_seconds()),
    }


def _team_words(row: PortalRow) -> str:
    return f", and by mail to {row.mail}" if row.mail else ""


def _row_words(row: PortalRow) -> str:
    found = (f"{question} {' or '.join(wanted)}" for question, wanted in row.answers.items())
    return ", ".join(found) or "anything else"
