"""The types of the JSON objects for the schedule in the API and with `--json`, field by field."""

from __future__ import annotations

from typing import Annotated, NotRequired, TypedDict

from oncall.support.json_types import IsoTime


class DutyView(TypedDict):
    """The person who has one role at an instant."""

    engineer: Annotated[str, "The engineer's id."]
    until: Annotated[IsoTime, "When their assignment ends."]
    name: NotRequired[Annotated[str, "Absent for a person on no published roster."]]
    timezone: NotRequired[Annotated[str, "The engineer's own zone; absent for a person on no published roster."]]
    until_local: NotRequired[Annotated[IsoTime, "`until` in the engineer's own zone."]]
    override: NotRequired[Annotated[str, "Why an override put them on; absent without one."]]


class NamedView(TypedDict):
    """A person, by id and name."""

    engineer: Annotated[str, "The engineer's id."]
    name: NotRequired[Annotated[str, "Absent for a person on no published roster."]]


class OnCallView(TypedDict):
    """Who is on call at an instant."""

    at: IsoTime
    window: Annotated[str, "`business`, `holiday`, or the name of an on-call window in the policy, like `weeknight`."]
    window_ends: IsoTime
    timezone: Annotated[str, "The policy's zone."]
    roles: Annotated[dict[str, DutyView], "By role; empty in business hours."]
    missing: Annotated[list[str], "Roles that a gap in the schedule leaves empty."]
    manager: Annotated[str | None, "Id of the manager, who is paged last."]
    schedule_begins: Annotated[IsoTime | None, "The start of the published schedule; null if nothing is published."]
    after_desk: NotRequired[
        Annotated[
            dict[str, NamedView],
            "In business hours: the people whom the pager reaches if the support desk does not act.",
        ]
    ]


class AssignmentView(TypedDict):
    """One stretch during which one engineer has one role, overrides applied."""

    start: IsoTime
    end: Annotated[IsoTime, "Exclusive."]
    kind: Annotated[str, "`holiday`, or the name of an on-call window in the policy, like `weeknight`."]
    role: str
    engineer: Annotated[str, "The engineer's id."]
    override: NotRequired[Annotated[str, "Why an override put them on; absent without one."]]


class LocalAssignmentView(AssignmentView):
    """An assignment with its times in the policy's zone and in the engineer's own."""

    start_local: Annotated[IsoTime, "`start` in the engineer's own zone."]
    end_local: Annotated[IsoTime, "`end` in the engineer's own zone."]
    timezone: Annotated[str, "The engineer's own zone."]
    policy_timezone: str


class GapView(TypedDict):
    """On-call time in which no engineer has a role."""

    start: IsoTime
    end: Annotated[IsoTime, "Exclusive."]
    kind: Annotated[str, "`holiday`, or the name of an on-call window in the policy, like `weeknight`."]
    role: str


# `from` is a keyword of Python, so that this type cannot be written as a class.
ScheduleView = TypedDict(
    "ScheduleView",
    {
        "from": IsoTime,
        "to": Annotated[IsoTime, "Exclusive."],
        "team": Annotated[str, "The team of the latest publication; empty if nothing is published."],
        "timezone": Annotated[str, "The policy's zone."],
        "schedule_ends": Annotated[IsoTime | None, "The end of the last published plan; null if nothing is published."],
        "shifts": Annotated[list[LocalAssignmentView], "Every assignment that overlaps the span, by start."],
        "gaps": Annotated[list[GapView], "On-call time of the span in which no engineer has a role, by start."],
    },
)
"""The schedule between two instants."""


class TonightShift(LocalAssignmentView):
    """An assignment of tonight, with the engineer's name."""

    name: str


class TonightHold(TypedDict):
    """A ticket whose hold ends tonight: paging starts then."""

    id: str
    customer: str
    impact: str
    subject: str
    hold_until: IsoTime


TonightView = TypedDict(
    "TonightView",
    {
        "at": Annotated[IsoTime, "The time of the question."],
        "from": Annotated[IsoTime, "Now; in business hours, the end of these."],
        "to": Annotated[IsoTime, "The first morning after `from`. Exclusive."],
        "timezone": Annotated[str, "The policy's zone."],
        "shifts": Annotated[list[TonightShift], "Every assignment that overlaps tonight, uncut, by start."],
        "gaps": Annotated[list[GapView], "On-call time of tonight in which no engineer has a role, by start."],
        "held": Annotated[list[TonightHold], "Tickets whose hold ends tonight, by the end of the hold."],
    },
)
"""Who is on call tonight, and which tickets wait for it."""


class VersionView(TypedDict):
    """One version of the schedule."""

    version: Annotated[int, "1, 2, 3, ... without a gap."]
    at: Annotated[IsoTime, "When it was made."]
    kind: Annotated[str, "`publication`, `override`, `swap`, `cover`, `away` or `undo`."]
    by: Annotated[str, "The person who made it."]
    reason: str
    undoes: NotRequired[Annotated[int, "The version that an undo took back."]]
    undone_by: NotRequired[Annotated[int, "The version that undid this one; absent if it was not undone."]]


class HistoryView(TypedDict):
    """Every version of the schedule, the oldest first."""

    versions: list[VersionView]


class VersionListView(HistoryView):
    """A part of the list of all versions of the schedule, the oldest first."""

    next: Annotated[int | None, "Pass it as `after` to continue the list; null at its end."]
