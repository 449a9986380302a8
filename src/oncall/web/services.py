"""What the web needs from outside: the provider's webhooks, checked and parsed, and whether paging would work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from oncall.paging.actions.call_keys import KeyPress
from oncall.paging.ports.channel import Receipt


@dataclass(frozen=True, slots=True)
class Sms:
    """An SMS that somebody sent to us. `phone` is E.164. opt_out: `STOP`, `START` or `HELP` where the provider took it
    for that itself."""

    provider_id: str
    phone: str
    body: str
    opt_out: str | None = None


class Webhooks(Protocol):
    """A provider's callbacks. Everything but `is_authentic` expects an authentic form and raises Refused on a
    malformed one."""

    def is_authentic(self, path_and_query: str, form: Mapping[str, str], signature: str | None) -> bool:
        """Whether the provider signed exactly this request. False when no secret is set."""

    def sms(self, form: Mapping[str, str]) -> Sms:
        """An inbound SMS."""

    def status(self, form: Mapping[str, str]) -> Receipt:
        """What became of a message or a call of ours."""

    def key(self, form: Mapping[str, str]) -> KeyPress:
        """A key that was pressed in a call of ours."""

    def said(self, text: str, *, asks_at: str | None) -> str:
        """The body that makes a call say `text` and hang up, or ask for a key again, which is posted to `asks_at`: a
        path of ours with its query."""

    def answer(self, text: str) -> str:
        """The body that makes the provider answer with `text`; empty: with nothing."""


class Readiness(Protocol):
    """Whether a page would go out now, and tonight."""

    async def problems(self) -> Sequence[str]:
        """What would stop it, a sentence each; empty when nothing would."""

    async def examination(self) -> Mapping[str, Any]:
        """Everything that would stop a page tonight, as `paging.checkup.report` has it."""
