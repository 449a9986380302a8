"""Pydantic models of the bodies that change the schedule, for `/openapi.json`.

`planning` reads the bodies themselves.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import Body
from fastapi.openapi.models import Example
from pydantic import Field

from oncall.paging.actions.action_checks import LONGEST_WHY
from oncall.planning.posted.posted_change import LONGEST_ID
from oncall.planning.posted.posted_publication import LONGEST_NAME, LONGEST_TEXT
from oncall.web.edge.request_bodies import Posted, PostedPlan
from oncall.web.models.request_models import RequestBody, Time

Id = Annotated[str, Field(min_length=1, max_length=LONGEST_ID)]
Reason = Annotated[str, Field(min_length=1, max_length=LONGEST_WHY)]
Text = Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT)]


class OverrideBody(RequestBody):
    """A request for an override: `engineer` is on call in the role `role` for a span of time."""

    engineer: Id
    """The id of the person who goes on call: an engineer or the manager."""
    role: Id = "primary"
    from_: Time = Field(alias="from")
    """When the override starts; a time in the past means now."""
    to: Time
    """When the override ends (exclusive)."""
    reason: Reason
    force: bool = False
    """Make the change even if it breaks rules of the roster. `warnings` in the answer names these rules."""


class CoverBody(RequestBody):
    """A request for a cover: the engineer `by` takes over every role of the engineer `engineer`."""

    engineer: Id
    """The id of the engineer who is relieved."""
    by: Id | None = None
    """The id of the engineer who takes over. Default: the caller."""
    from_: Time | None = Field(None, alias="from")
    """When the cover starts. Default: now."""
    until: Time | None = None
    """When the cover ends (exclusive). Default: the end of the engineer's running shift, or else of the next one."""
    reason: Annotated[str, Field(max_length=LONGEST_WHY)] | None = None
    force: bool = False
    """Make the change even if it breaks rules of the roster; needs a `reason`."""


class UndoBody(RequestBody):
    """A request to take back a version of the schedule."""

    reason: Reason
    force: bool = False
    """Take the version back even if the resulting schedule breaks rules of the roster."""


class PublicationBody(RequestBody):
    """A plan, with the roster and the policy that it was made for, each as the text of its file."""

    plan: Text
    """The content of the plan file."""
    plan_name: Annotated[str, Field(min_length=5, max_length=LONGEST_NAME, pattern=r"\.(csv|json|CSV|JSON)$")]
    """The name of the plan file; it ends in .csv or .json."""
    roster: Text
    """The content of the roster file, a YAML text."""
    roster_name: Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)] = "roster.yaml"
    policy: Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT)] | None = None
    """The content of the policy file. Default: the packaged policy."""
    policy_name: Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)] = "policy.yaml"
    policy_zone: Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)] | None = None
    """The time zone in which the hours of the policy are read. Default: the zone that the policy names."""
    customers: Annotated[str, Field(max_length=LONGEST_TEXT)] | None = None
    """The content of the customers file, if the policy names one."""
    status: Annotated[str, Field(max_length=LONGEST_TEXT)] | None = None
    """The content of the status file, if the policy names one."""
    policy_from: date | None = None
    """The date from which the policy is in force. Default: the first day that the plan can change, or else now."""
    reason: Annotated[str, Field(min_length=1, max_length=LONGEST_WHY)] = "published"
    dry_run: bool = False
    """Return what the plan would change, and publish nothing."""


OVERRIDE_EXAMPLES: dict[str, Example] = {
    "tuesday": {
        "summary": "One night",
        "value": {
            "engineer": "chloe",
            "role": "primary",
            "from": "2027-01-12T19:01:00-05:00",
            "to": "2027-01-13T08:00:00-05:00",
            "reason": "ana is at a concert",
        },
    }
}
COVER_EXAMPLES: dict[str, Example] = {
    "now": {"summary": "From now on", "value": {"engineer": "ana", "by": "chloe", "reason": "ana is ill"}}
}

UNDO_EXAMPLES: dict[str, Example] = {
    "mistake": {"summary": "Take a version back", "value": {"reason": "the concert is off"}}
}
PUBLICATION_EXAMPLES: dict[str, Example] = {
    "check": {
        "summary": "Only check a plan; both texts are cut off here",
        "value": {
            "plan": (
                "start,end,kind,role,engineer\n"
                "2027-01-04T19:01:00-05:00,2027-01-05T08:00:00-05:00,weeknight,primary,ana\n"
            ),
            "plan_name": "plan.csv",
            "roster": "team: cas-support\ntimezone: America/New_York\nengineers:\n  - {id: ana, name: Ana}\n",
            "dry_run": True,
        },
    }
}

PostedOverride = Annotated[Posted[OverrideBody], Body(openapi_examples=OVERRIDE_EXAMPLES)]
PostedCover = Annotated[Posted[CoverBody], Body(openapi_examples=COVER_EXAMPLES)]
PostedUndo = Annotated[Posted[UndoBody], Body(openapi_examples=UNDO_EXAMPLES)]
PostedPublication = Annotated[PostedPlan[PublicationBody], Body(openapi_examples=PUBLICATION_EXAMPLES)]
