"""Pydantic models of the bodies about tokens, for `/openapi.json`. `paging` reads the bodies themselves."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from fastapi import Body
from fastapi.openapi.models import Example
from pydantic import BaseModel, ConfigDict, Field

from oncall.paging.actions.portal_sign_in import LONGEST_ADDRESS
from oncall.paging.actions.sign_in import LONGEST_PERSON
from oncall.paging.actions.token_actions import MOST_OVERLAP, OVERLAP
from oncall.paging.actions.token_requests import LONGEST_HANDLE
from oncall.paging.ports.callers import CallerRole, Scope
from oncall.web.edge.request_bodies import Posted

Handle = Annotated[str, Field(min_length=1, max_length=LONGEST_HANDLE)]
Day = Annotated[date, Field(examples=["2027-12-31"])]


class _Body(BaseModel):
    model_config = ConfigDict(extra="allow", use_attribute_docstrings=True)


class TokenBody(_Body):
    """A token to make."""

    name: Handle
    """The caller: the name of a system, or an engineer's id. `NAME:LABEL` makes another token for the same caller."""
    role: Literal[tuple(role.value for role in CallerRole)]  # type: ignore[valid-type]  # the roles are the core's
    scopes: Annotated[list[Literal[tuple(scope.value for scope in Scope)]], Field(max_length=len(Scope))] = []  # type: ignore[valid-type]
    """Limits the token to these parts of its role's rights; empty: it has all of them."""
    may_acknowledge: bool = False
    """True for a token of role intake that may acknowledge for a person on the roster."""
    expires: Day | None = None
    """The last day on which the token is valid, in the policy's zone."""


class RotationBody(_Body):
    """A token to rotate."""

    name: Handle
    overlap_seconds: Annotated[int, Field(ge=0, le=int(MOST_OVERLAP.total_seconds()))] = int(OVERLAP.total_seconds())
    """For how many seconds the old secret still works."""
    expires: Day | None = None
    """A new last day of the token; only for managers."""


class RevocationBody(_Body):
    """A token to revoke."""

    name: Handle


class LoginLinkBody(_Body):
    """A link that signs a person in to the web pages."""

    engineer: Annotated[str, Field(min_length=1, max_length=LONGEST_PERSON)]
    """The id of the person on the roster: an engineer or the manager."""


class PortalLinkBody(_Body):
    """A link that signs a customer's contact in to the portal."""

    contact: Annotated[str, Field(min_length=1, max_length=LONGEST_ADDRESS)]
    """The contact's mail address, as in `contacts:` of the customers file."""


TOKEN_EXAMPLES: dict[str, Example] = {
    "program": {"summary": "A program", "value": {"name": "crm", "role": "intake", "scopes": ["tickets"]}},
    "person": {"summary": "An engineer", "value": {"name": "ana:laptop", "role": "engineer", "expires": "2027-12-31"}},
}
NAME_EXAMPLES: dict[str, Example] = {"program": {"summary": "A program's token", "value": {"name": "crm"}}}
LINK_EXAMPLES: dict[str, Example] = {"person": {"summary": "An engineer", "value": {"engineer": "ana"}}}
PORTAL_EXAMPLES: dict[str, Example] = {"contact": {"summary": "A contact", "value": {"contact": "joe@acme.example"}}}

PostedToken = Annotated[Posted[TokenBody], Body(openapi_examples=TOKEN_EXAMPLES)]
PostedRotation = Annotated[Posted[RotationBody], Body(openapi_examples=NAME_EXAMPLES)]
PostedRevocation = Annotated[Posted[RevocationBody], Body(openapi_examples=NAME_EXAMPLES)]
PostedLoginLink = Annotated[Posted[LoginLinkBody], Body(openapi_examples=LINK_EXAMPLES)]
PostedPortalLink = Annotated[Posted[PortalLinkBody], Body(openapi_examples=PORTAL_EXAMPLES)]
