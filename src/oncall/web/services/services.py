"""The objects that the routes use, which `wiring` builds, and the protocols that they implement for the web."""

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
"""How many sign-ins one address may begin at the identity provider: at once, and more each second.

A whole office may share one address.
"""


@dataclass(frozen=True, slots=True)
class Sms:
    """An SMS from a person. `phone` is E.164.

    opt_out: `STOP`, `START` or `HELP` if the provider already acted on it.
    """

    provider_id: str
    phone: str
    body: str
    opt_out: str | None = None
    is_for_status: bool = False
    """True if it was sent to the status page's own number, which pages nobody."""


class Webhooks(Protocol):
    """Checks and parses a provider's callbacks.

    Call `why_refused` first. The other methods raise Refused if a field of an accepted form is missing or malformed.
    """

    def why_refused(
        self, path_and_query: str, form: Mapping[str, Sequence[str]], headers: Mapping[str, str]
    ) -> str | None:
        """Return why a request cannot be trusted; None if the provider signed exactly this request for our account.

        form: each field with all its values. headers: by name in any letter case. Without a key in the settings, no
        request is trusted.
        """

    def sms(self, form: Mapping[str, str]) -> Sms:
        """Return the SMS that a form describes. Raises Refused if it was sent to a number that is not ours."""

    def status(self, form: Mapping[str, str]) -> Receipt:
        """Return the receipt that a form has for one of our messages or calls."""

    def key(self, form: Mapping[str, str]) -> KeyPress:
        """Return the key that a person pressed during one of our calls."""

    def said(self, text: str, *, asks_at: str | None) -> str:
        """Return the answer that makes a voice call speak `text`, and then hang up or wait for another key.

        asks_at: path and query of this service to which the provider posts the next key; None: hang up.
        """

    def answer(self, text: str) -> str:
        """Return the answer that makes the provider send `text` as an SMS reply; an empty text sends none."""


class Readiness(Protocol):
    """Checks whether a page would be sent, now and tonight."""

    async def problems(self) -> Sequence[str]:
        """Return the reasons why a page would not be sent now, a sentence each; empty if a page would be sent."""

    async def examination(self, days: int) -> DoctorReport:
        """Return everything that would keep a page from being sent tonight, and the gaps in the next `days` days."""


@dataclass(frozen=True, slots=True)
class SenderSetup:
    """The mappings by name, and the signing secrets by the name of the sender. `repr` shows no secret."""

    mappings: Mapping[str, WebhookMapping] = field(default_factory=dict)
    secrets: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Services:
    """The objects that the routes use, built by `wiring`. registry: the metrics that `/metrics` shows."""

    engine: Engine
    clock: Clock
    webhooks: Webhooks
    readiness: Readiness
    registry: CollectorRegistry
    refusals: Refusals
    public_url: str
    """The public address of the service, without a slash at its end."""
    token_use: TokenUse = field(default_factory=TokenUse)
    senders: SenderSetup = field(default_factory=SenderSetup)
    caller_rate: CallerRate = field(default_factory=CallerRate)
    identity: IdentityProvider | None = None
    sign_in_gate: FloodGate = field(
        default_factory=lambda: FloodGate(burst=HANDSHAKES_BURST, per_second=HANDSHAKES_PER_SECOND)
    )
    """Limits the sign-ins that each address begins at the identity provider."""
    can_mail: bool = False
    """True if the service can send mails, so that readers of the status page may subscribe."""
    can_text: bool = False
    """True if readers of the status page may subscribe by SMS."""
    pages_text_readers: bool = True
    """True if the number that pages engineers also texts subscribers: an engineer's STOP would then end their pages
    too.
    """
    customer_forms: FloodGate = field(default_factory=lambda: FloodGate(burst=30, per_second=0.2))
    """Limits the forms that customers send, for each ticket or contact."""
    check_hook: Callable[[str], Awaitable[object]] | None = None
    """Checks the address of a subscriber's webhook. Raises Refused if the service may not post there."""
    portal_mails: FloodGate = field(default_factory=lambda: FloodGate(burst=5, per_second=1 / 600))
    """Limits the requests for portal links, for each mail address."""
    start_search: Callable[[str], Awaitable[None]] | None = None
    """Starts the process that makes the plan of a draft. Its argument is the draft's id."""
    portal_secret: str = field(default="", repr=False)
    """The key with which the operator's own customer portal signs its links; if empty, no such link is accepted."""
