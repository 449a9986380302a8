"""Pydantic models of the bodies and the query about swaps, for `/openapi.json`.

`planning` reads the bodies themselves.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import Body
from fastapi.openapi.models import Example
from pydantic import BaseModel, ConfigDict, Field

from oncall.paging.actions.action_checks import LONGEST_WHY
from oncall.planning.posted.posted_change import LONGEST_ID
from oncall.web.edge.request_bodies import Posted
from oncall.web.models.request_models import RequestBody
from oncall.web.models.schedule_models import Id, Reason

ShiftDay = Annotated[str, Field(min_length=10, max_length=40, examples=["2027-01-12"])]
"""The date on which a shift starts, or a time in the shift; a time without an offset is policy time."""


class TakersQuery(BaseModel):
    """The shift for which to list who could take it."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    engineer: Annotated[str, Field(min_length=1, max_length=LONGEST_ID, examples=["ana"])]
    """The id of the engineer who gives the shift away."""
    day: ShiftDay
    """A date on which the shift starts or which it covers, or a time in the shift."""
    role: str = ""
    """The role that the engineer has on the shift. Default: any role."""


class SwapBody(RequestBody):
    """A shift that one engineer gives to another."""

    engineer: Id
    """The id of the engineer who gives the shift away."""
    day: ShiftDay
    """A date on which the shift starts or which it covers, or a time in the shift."""
    role: Id | None = None
    """The role that `engineer` has on the shift. Default: any role."""
    with_: Id = Field(alias="with")
    """The id of the engineer who takes the shift."""
    for_: ShiftDay | None = Field(None, alias="for")
    """The shift of `with` that `engineer` takes in return. Default: none."""
    agreed: bool = False
    """True if both engineers agree; the change is then made at once. For managers only."""
    reason: Annotated[str, Field(max_length=LONGEST_WHY)] | None = None
    force: bool = False
    """Make the change even if it breaks rules of the roster; needs a `reason`."""


class SwapAnswerBody(RequestBody):
    """An empty body. The path says which request is answered, and how."""


class AwayBody(RequestBody):
    """An engineer's absence; both dates are included."""

    engineer: Id
    from_: date = Field(alias="from")
    to: date
    reason: Reason
    agreed: bool = False
    """True if the engineers who cover agree; the changes are then made at once. For managers only."""


SWAP_EXAMPLES: dict[str, Example] = {
    "ask": {
        "summary": "Ask Chloe to take a shift",
        "value": {"engineer": "ana", "day": "2027-02-25", "with": "chloe", "reason": "a concert"},
    }
}
AWAY_EXAMPLES: dict[str, Example] = {
    "day": {
        "summary": "A day off",
        "value": {"engineer": "ana", "from": "2027-03-17", "to": "2027-03-17", "reason": "a wedding"},
    }
}

ANSWER_EXAMPLES: dict[str, Example] = {"empty": {"summary": "The path names the request and the answer", "value": {}}}

PostedSwap = Annotated[Posted[SwapBody], Body(openapi_examples=SWAP_EXAMPLES)]
PostedAnswer = Annotated[Posted[SwapAnswerBody], Body(openapi_examples=ANSWER_EXAMPLES)]
PostedAway = Annotated[Posted[AwayBody], Body(openapi_examples=AWAY_EXAMPLES)]
