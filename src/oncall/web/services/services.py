"""The objects behind the routes: what `wiring` builds, and what the web needs from it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from prometheus_client import CollectorRegistry

from oncall.intake.mapping import WebhookMapping
from oncall.paging.actions.call_keys import KeyPress
from oncall.paging.ports.channel import Receipt
from oncall.paging.ports.identity_provider import IdentityProvider
from oncall.paging.ports.time_source import Clock
from oncall.paging.sending.engine import Engine
from oncall.paging.watch.doctor_findings import DoctorReport
from oncall.web.access.caller_rate import CallerRate
from oncall.web.access.flood_gate import FloodGate
from oncall.web.access.refusals import Refusals
from oncall.web.access.token_use import TokenUse

HANDSHAKES_BURST, HANDSHAKES_PER_SECOND = 60, 1.0
"""How many sign-ins one address may begin at the identity provider at once, and in each second. A whole office may
have one address."""


@dataclass(frozen=True, slots=True)
class Sms:
    """An inbound SMS. `phone` is E.164. opt_out: `STOP`, `START` or `HELP` when the provider already acted on it."""

    provider_id: str
    phone: str
    body: str
    opt_out: str | None = None
    is_for_status: bool = False
    """True if it was sent to the status page's own number, at which nobody is paged."""


class Webhooks(Protocol):
    """Checks and parses a provider's callbacks.

    Call `why_refused` first. The other methods raise Refused if a field of an accepted form is missing or malformed.
    """

    def why_refused(
        self, path_and_query: str, form: Mapping[str, Sequence[str]], headers: Mapping[str, str]
    ) -> str | None:
        """Return why a request cannot be trusted; None if the provider signed exactly this request for our account.

        form: each field with all its values. headers: by name in any letter case. Without a key nothing is trusted.
        """

    def sms(self, form: Mapping[str, str]) -> Sms:
        """Return the inbound SMS that a form describes. Raises Refused if it was sent to another number."""

    def status(self, form: Mapping[str, str]) -> Receipt:
        """Return the receipt for one of our messages or calls."""

    def key(self, form: Mapping[str, str]) -> KeyPress:
        """Return the key that a person pressed during one of our calls."""

    def said(self, text: str, *, asks_at: str | None) -> str:
        """Return the answer that makes a call say `text`, and then hang up or ask for another key.

        asks_at: path and query on this service that the provider posts the next key to; None: hang up.
        """

    def answer(self, text: str) -> str:
        """Return the answer that makes the provider send `text` as a reply; an empty text sends none."""


class Readiness(Protocol):
    """Says whether a page would go out, now and tonight."""

    async def problems(self) -> Sequence[str]:
        """Return the reasons that would stop a page now, a sentence each; empty when a page would go out."""

    async def examination(self, days: int) -> DoctorReport:
        """Return everything that would stop a page tonight, and the gaps in the schedule of the next `days` days."""


@dataclass(frozen=True, slots=True)
class SenderSetup:
    """The mappings by name, and the secrets by the name of the sender that signs with them. `repr` shows none."""

    mappings: Mapping[str, WebhookMapping] = field(default_factory=dict)
    secrets: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Services:
    """The objects behind the routes, built by `wiring`. `registry` holds the metrics that `/metrics` shows."""

    engine: Engine
    clock: Clock
    webhooks: Webhooks
    readiness: Readiness
    registry: CollectorRegistry
    refusals: Refusals
    public_url: str
    """The address of the service for people and programs outside, without a slash at its end."""
    token_use: TokenUse = field(default_factory=TokenUse)
    senders: SenderSetup = field(default_factory=SenderSetup)
    caller_rate: CallerRate = field(default_factory=CallerRate)
    identity: IdentityProvider | None = None
    sign_in_gate: FloodGate = field(
        default_factory=lambda: FloodGate(burst=HANDSHAKES_BURST, per_second=HANDSHAKES_PER_SECOND)
    )
    """Counts the sign-ins that each address begins at the identity provider."""
    can_mail: bool = False
    """True if mail can go out, so that readers of the status page may subscribe."""
    can_text: bool = False
    """True if readers of the status page may subscribe by SMS."""
    pages_text_readers: bool = True
    """True if the number that pages engineers also texts subscribers: a STOP from an engineer would end their pages."""
    customer_forms: FloodGate = field(default_factory=lambda: FloodGate(burst=30, per_second=0.2))
    """Counts the forms that customers send, by ticket or contact."""
    check_hook: Callable[[str], Awaitable[object]] | None = None
    """Checks the address of a subscriber's webhook. Raises Refused if the service may not post there."""
    portal_mails: FloodGate = field(default_factory=lambda: FloodGate(burst=5, per_second=1 / 600))
    """Counts the requests for portal links, by mail address."""
    start_search: Callable[[str], Awaitable[None]] | None = None
    """Starts the process that makes the plan of a draft, by its id."""
    portal_secret: str = field(default="", repr=False)
    """The key with which the host's own portal signs its links; if empty, no such link is accepted."""
