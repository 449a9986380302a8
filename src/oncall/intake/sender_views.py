"""The answers that clients of PagerDuty and Opsgenie expect, field by field."""

from __future__ import annotations

from typing import Annotated, TypedDict


class PagerDutyEventAnswer(TypedDict):
    """PagerDuty's answer to an event."""

    status: str
    message: str
    dedup_key: Annotated[str, "The key of the problem: the sender's own, or a new one."]


class PagerDutyChangeAnswer(TypedDict):
    """PagerDuty's answer to a change event."""

    status: str
    message: str


class PagerDutyError(TypedDict):
    """PagerDuty's answer to an invalid event."""

    status: str
    message: str
    errors: list[str]


class OpsgenieAnswer(TypedDict):
    """Opsgenie's answer to a request."""

    result: str
    took: float
    requestId: str


class OpsgenieStatus(TypedDict):
    """The outcome of one request, in Opsgenie's form."""

    success: bool
    isSuccess: bool
    action: str
    status: str
    processedAt: str
    integrationId: str
    alertId: Annotated[str, "The ticket's id; empty if there is none."]
    alias: str


class OpsgenieStatusAnswer(TypedDict):
    """Opsgenie's answer to a question about an earlier request."""

    data: OpsgenieStatus
    took: float
    requestId: str
