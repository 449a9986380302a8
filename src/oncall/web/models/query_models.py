"""Pydantic models of the queries: what `/openapi.json` says of them. `web.edge.query_fields` reads them."""

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
"""Least and most columns of a report as text."""

Day = Annotated[date, Field(examples=["2027-01-04"])]
Time = Annotated[str, Field(examples=["2027-01-09T03:12:00-05:00"])]


class _Query(BaseModel):
    model_config = ConfigDict(use_attribute_docstrings=True)


class TicketQuery(_Query):
    """Which tickets a listing shows."""

    state: str = Field("", examples=["open,acknowledged"])
    """`open`, `acknowledged` or `resolved`, several with commas; all when absent."""
    customer: str = ""
    """The customer's name; letter case, blanks and punctuation do not count."""
    owner: str = ""
    """Only tickets that the person with this id owns."""
    engineer: str = ""
    """Only tickets that the person with this id owns or was paged for."""
    since: Annotated[str, Field(examples=["last night"])] = ""
    """Only tickets received since then: `last night`, `yesterday`, `2h`, `monday`, a date or a time.

    With `engineer`, also those for which this person was paged since then.
    """
    after: str = ""
    """The `next` of the page before."""
    limit: Annotated[int, Field(ge=1, le=MOST_LISTED)] = 100
    """The most tickets on a page."""


class RelayQuery(_Query):
    """Which messages to webhooks and team channels a listing shows."""

    state: str = Field("", examples=["waiting,quarantined"])
    """`waiting`, `sent` or `quarantined`, several with commas; all when absent."""
    to: str = Field("", examples=["webhook:helpdesk"])
    """Only messages to this destination: `webhook:NAME`, `channel:NAME` or `mail:subscribers`."""
    after: str = ""
    """The `next` of the page before."""
    limit: Annotated[int, Field(ge=1, le=MOST_LISTED)] = 100
    """The most messages on a page."""


class OnCallQuery(_Query):
    """The instant for which to say who is on call."""

    at: Time = ""
    """ISO 8601 with an offset; now when absent."""


class PolicyQuery(_Query):
    """The instant for which to return the policy."""

    at: Time = ""
    """ISO 8601 with an offset; now when absent."""


class ScheduleQuery(_Query):
    """The span of the schedule to return, at most 800 days."""

    from_: Time = Field("", alias="from")
    """ISO 8601 with an offset, or a date of the policy's zone; now when absent."""
    to: Time = ""
    """As `from`; a date includes its whole day. Four weeks after `from` when absent."""
    engineer: str = ""
    """Return only the assignments of the engineer with this id."""


class DoctorQuery(_Query):
    """How far ahead the list of gaps in the schedule reaches."""

    days: Annotated[int, Field(ge=1, le=MOST_DAYS)] = DAYS
    """How many days the list of gaps covers."""


class VersionQuery(_Query):
    """Which versions of the schedule a listing shows."""

    after: Annotated[int, Field(ge=0, le=MOST_VERSION)] = 0
    """The `next` of the page before."""
    limit: Annotated[int, Field(ge=1, le=MOST_LISTED)] = MOST_LISTED
    """The most versions on a page."""


class DiffQuery(_Query):
    """The two versions to compare."""

    from_: Annotated[str, Field(alias="from", examples=["3"])]
    """A version's number, or `published` for the newest."""
    to: str = "published"
    """As `from`."""


class HandoffQuery(_Query):
    """Which shift to report."""

    last: bool = False
    """True for the shift that ended at the latest handoff; the running shift when absent."""


class ReminderQuery(_Query):
    """The engineer whose reminders to read."""

    engineer: str = ""
    """The engineer's id; the token's own name when absent."""


class UptimeQuery(_Query):
    """The window and the components of the uptime."""

    from_: Time = Field("", alias="from")
    """ISO 8601 with an offset, or a date of the page's zone; when absent, the start of the page's last 90 days."""
    to: Time = ""
    """As `from`, exclusive; now when absent."""
    component: Annotated[str, Field(examples=["portal"])] = ""
    """Ids of components, several with commas; all when absent."""


class SlaReportQuery(_Query):
    """The tickets of an SLA report, and its format."""

    from_: Day = Field(alias="from")
    """First date of the policy's zone on which the tickets were received."""
    to: Day
    """Last date, inclusive."""
    customer: str = ""
    """Only tickets of this customer; letter case, blanks and punctuation do not count."""
    plan: str = ""
    """Only tickets of customers on this plan."""
    format: MeasuredFormat = Format.JSON
    breaches: Annotated[int, Field(ge=0, le=MOST_BREACHES)] = BREACHES
    """The most breaches that the text describes in full."""
    width: Annotated[int, Field(ge=NARROWEST, le=WIDEST)] | None = None
    """How many columns the text's table may take; as many as it needs when absent."""


class ReviewQuery(_Query):
    """The customer and quarter of a business review, and its format."""

    customer: str
    """The customer's name; letter case, blanks and punctuation do not count."""
    quarter: str = Field(examples=["2027Q1"])
    format: ReviewFormat = Format.JSON


class LoadReportQuery(_Query):
    """The dates of a report on pages, and its format."""

    from_: Day = Field(alias="from")
    """First date of the policy's zone."""
    to: Day
    """Last date, inclusive; at most 366 days."""
    format: MeasuredFormat = Format.JSON
    width: Annotated[int, Field(ge=NARROWEST, le=WIDEST)] | None = None
    """How many columns the text's table may take; as many as it needs when absent."""


class DutyQuery(_Query):
    """The month of a report on duty."""

    month: str = Field(examples=["2027-01"])
    """A month of the policy's zone."""


class PlanStatusQuery(_Query):
    """How far the status of the plan looks ahead."""

    days: Annotated[int, Field(ge=1, le=MOST_DAYS_AHEAD)] = 90


class OpsgenieQuery(BaseModel):
    """How a path of Opsgenie's API names its alert."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    identifierType: str = "id"  # noqa: N815  # Opsgenie's name
    """`alias`, or `id` for the id of the ticket."""


class OpsgenieDeleteQuery(OpsgenieQuery):
    """Which alert of Opsgenie's API is deleted, and by whom."""

    user: str = ""
    """The person who deleted it; the ticket's log shows the name."""
    source: str = ""
    """Accepted and ignored."""


class ArrivalQuery(_Query):
    """Which requests of senders a listing shows."""

    caller: str = ""
    """Only requests with the token of this name."""
    after: str = ""
    """The `next` of the page before."""
    limit: Annotated[int, Field(ge=1, le=MOST_LISTED)] = 100
