"""Pydantic models of the queries, for `/openapi.json`. `web.edge.query_fields` reads the queries themselves."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from oncall.paging.watch.holes_ahead import DAYS, MOST_DAYS
from oncall.reports.report_files import BREACHES, Format, MeasuredFormat, ReviewFormat

MOST_LISTED = 1000
MOST_VERSION = 999_999_999
MOST_BREACHES = 100_000
MOST_DAYS_AHEAD = 800
NARROWEST, WIDEST = 20, 1000
"""The least and the most columns of a report as text."""

Day = Annotated[date, Field(examples=["2027-01-04"])]
Time = Annotated[str, Field(examples=["2027-01-09T03:12:00-05:00"])]


class _Query(BaseModel):
    model_config = ConfigDict(use_attribute_docstrings=True)


class TicketQuery(_Query):
    """Which tickets to list."""

    state: str = Field("", examples=["open,acknowledged"])
    """`open`, `acknowledged` or `resolved`, several with commas. Default: all."""
    customer: str = ""
    """The customer's name; letter case, blanks and punctuation are ignored."""
    owner: str = ""
    """Only tickets that the person with this id owns."""
    engineer: str = ""
    """Only tickets that the person with this id owns or was paged for."""
    since: Annotated[str, Field(examples=["last night"])] = ""
    """Only tickets received since then: `last night`, `yesterday`, `2h`, `monday`, a date or a time.

    With `engineer`, also tickets for which this person was paged since then.
    """
    after: str = ""
    """`next` of the previous answer, to continue the list."""
    limit: Annotated[int, Field(ge=1, le=MOST_LISTED)] = 100
    """The most tickets in one answer."""


class RelayQuery(_Query):
    """Which messages to webhooks and team channels to list."""

    state: str = Field("", examples=["waiting,quarantined"])
    """`waiting`, `sent` or `quarantined`, several with commas. Default: all."""
    to: str = Field("", examples=["webhook:helpdesk"])
    """Only messages to this destination: `webhook:NAME`, `channel:NAME` or `mail:subscribers`."""
    after: str = ""
    """`next` of the previous answer, to continue the list."""
    limit: Annotated[int, Field(ge=1, le=MOST_LISTED)] = 100
    """The most messages in one answer."""


class OnCallQuery(_Query):
    """The time for which to return who is on call."""

    at: Time = ""
    """ISO 8601 with an offset. Default: now."""


class PolicyQuery(_Query):
    """The time for which to return the policy."""

    at: Time = ""
    """ISO 8601 with an offset. Default: now."""


class ScheduleQuery(_Query):
    """The span of the schedule to return, at most 800 days."""

    from_: Time = Field("", alias="from")
    """ISO 8601 with an offset, or a date of the policy's zone. Default: now."""
    to: Time = ""
    """Like `from`; a date includes its whole day. Default: four weeks after `from`."""
    engineer: str = ""
    """Return only the assignments of the engineer with this id."""


class DoctorQuery(_Query):
    """How far ahead to look for gaps in the schedule."""

    days: Annotated[int, Field(ge=1, le=MOST_DAYS)] = DAYS
    """The number of days, from now on, in which gaps are listed."""


class VersionQuery(_Query):
    """Which versions of the schedule to list."""

    after: Annotated[int, Field(ge=0, le=MOST_VERSION)] = 0
    """`next` of the previous answer, to continue the list."""
    limit: Annotated[int, Field(ge=1, le=MOST_LISTED)] = MOST_LISTED
    """The most versions in one answer."""


class DiffQuery(_Query):
    """The two versions to compare."""

    from_: Annotated[str, Field(alias="from", examples=["3"])]
    """The number of a version, or `published` for the newest."""
    to: str = "published"
    """Like `from`."""


class HandoffQuery(_Query):
    """Which shift to report on."""

    last: bool = False
    """True for the shift that ended at the latest handoff. Default: the running shift."""


class ReminderQuery(_Query):
    """The engineer whose choice of reminders to return."""

    engineer: str = ""
    """The engineer's id. Default: the token's name."""


class UptimeQuery(_Query):
    """The time span and the components for which to return the uptime."""

    from_: Time = Field("", alias="from")
    """ISO 8601 with an offset, or a date in the status page's zone. Default: the start of the page's last 90 days."""
    to: Time = ""
    """Like `from`, exclusive. Default: now."""
    component: Annotated[str, Field(examples=["portal"])] = ""
    """Ids of components, several with commas. Default: all."""


class SlaReportQuery(_Query):
    """The tickets of an SLA report, and its format."""

    from_: Day = Field(alias="from")
    """The first date, in the policy's zone, of the tickets' receipt."""
    to: Day
    """The last date, inclusive."""
    customer: str = ""
    """Only tickets of this customer; letter case, blanks and punctuation are ignored."""
    plan: str = ""
    """Only tickets of customers on this plan."""
    format: MeasuredFormat = Format.JSON
    breaches: Annotated[int, Field(ge=0, le=MOST_BREACHES)] = BREACHES
    """How many breaches the text describes in full, at most."""
    width: Annotated[int, Field(ge=NARROWEST, le=WIDEST)] | None = None
    """The most columns of the table in the text. Default: as many as it needs."""


class ReviewQuery(_Query):
    """The customer and quarter of a business review, and its format."""

    customer: str
    """The customer's name; letter case, blanks and punctuation are ignored."""
    quarter: str = Field(examples=["2027Q1"])
    format: ReviewFormat = Format.JSON


class LoadReportQuery(_Query):
    """The dates of a report on pages, and its format."""

    from_: Day = Field(alias="from")
    """The first date, in the policy's zone."""
    to: Day
    """The last date, inclusive; at most 366 days."""
    format: MeasuredFormat = Format.JSON
    width: Annotated[int, Field(ge=NARROWEST, le=WIDEST)] | None = None
    """The most columns of the table in the text. Default: as many as it needs."""


class DutyQuery(_Query):
    """The month of a report on served shifts."""

    month: str = Field(examples=["2027-01"])
    """A month in the policy's zone."""


class PlanStatusQuery(_Query):
    """How far ahead the status of the plan looks."""

    days: Annotated[int, Field(ge=1, le=MOST_DAYS_AHEAD)] = 90


class OpsgenieQuery(BaseModel):
    """How a path of Opsgenie's API identifies an alert."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    identifierType: str = "id"  # noqa: N815  # Opsgenie's name
    """`alias`, or `id` if the path has the id of the ticket."""


class OpsgenieDeleteQuery(OpsgenieQuery):
    """Which alert of Opsgenie's API is deleted, and by whom."""

    user: str = ""
    """The person who deleted the alert; the ticket's log shows the name."""
    source: str = ""
    """Accepted and ignored."""


class ArrivalQuery(_Query):
    """Which requests of senders to list."""

    caller: str = ""
    """Only requests with the token of this name."""
    after: str = ""
    """`next` of the previous answer, to continue the list."""
    limit: Annotated[int, Field(ge=1, le=MOST_LISTED)] = 100
