"""The JSON response to a posted ticket. It is stored, so that a repeated request gets the same response."""

from __future__ import annotations

from typing import Annotated, Literal, NotRequired, TypedDict

from oncall.support.json_types import IsoTime


class VerdictView(TypedDict):
    """What happens to a ticket, and why."""

    action: Annotated[
        Literal["page", "desk", "hold"],
        "page: an engineer is paged now. desk: the support desk has the ticket. hold: it waits for its coverage.",
    ]
    reasons: Annotated[list[str], "The reasons for the verdict, a sentence each, with times in the policy's zone."]
    engineer: NotRequired[Annotated[str, "Id of the person who is paged first; absent when no page goes out."]]
    hold_until: NotRequired[Annotated[IsoTime, "When a held ticket is judged again; absent otherwise."]]
    first_reply_due: Annotated[IsoTime | None, "Deadline of the first reply; null for a drill, which has none."]


class PageView(TypedDict):
    """How a ticket's page is acknowledged."""

    code: Annotated[str, "The ticket's code: an engineer acknowledges with `ACK CODE`."]


class TicketAnswer(TypedDict):
    """The JSON response to a posted ticket: its id and its verdict, and its code if a page goes out."""

    ticket: Annotated[str, "The ticket's id."]
    verdict: VerdictView
    page: NotRequired[Annotated[PageView, "Absent when no page goes out."]]
    warnings: NotRequired[
        Annotated[list[str], "Fields that were left out or cut, and contradictions in the ticket, a sentence each."]
    ]
