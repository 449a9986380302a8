"""The store that the pager needs: transactions over the schedule, tickets, attempts, tokens and reachability."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from datetime import datetime
from typing import Protocol, TypeVar

from oncall.paging.domain.events import Event, EventKind
from oncall.paging.domain.reachability import Alert, Reachability
from oncall.paging.domain.ticket import Attempt, StoredTicket
from oncall.paging.ports.callers import Token
from oncall.paging.ports.records import InboundMessage, NewVersion, SentText, TicketFilter, TicketSpan
from oncall.schedule.schedule import Schedule
from oncall.support.policy import Policy

T = TypeVar("T")


class Transaction(Protocol):
    """What can be read and written in one transaction. Nothing is visible to others before it commits."""

    def schedule(self) -> Schedule:
        """The published schedule with every override, as of this transaction."""

    def policy(self, version: int | None = None) -> Policy:
        """The policy that was published last, or the one that schedule version brought; the packaged one for 0, and
        when nothing is published. Raises NotFound for a version that is no publication."""

    def policy_version(self) -> int:
        """The number of the schedule version that brought the policy in force; 0 when it is the packaged one."""

    def policy_sources(self) -> Mapping[str, str]:
        """The texts that the policy in force was published with, as `NewVersion.sources`; empty where nothing is."""

    def add_version(self, version: NewVersion) -> int:
        """Append a schedule version and number it: 1, 2, 3, ... without a hole."""

    def ticket(self, ticket_id: str) -> StoredTicket | None:
        """The ticket, its row locked until the transaction ends; None when there is none."""

    def ticket_by_code(self, code: str) -> StoredTicket | None:
        """The unresolved ticket with this code."""

    def resolved_by_code(self, code: str, *, since: datetime) -> StoredTicket | None:
        """The resolved ticket that had this code last, of those received since (policy time)."""

    def tickets(self, wanted: TicketFilter) -> list[StoredTicket]:
        """Tickets, newest first, at most `wanted.limit`."""

    def tickets_between(self, wanted: TicketSpan) -> list[StoredTicket]:
        """Tickets received in a span, oldest first, at most `wanted.limit`; of one instant the lower id first.

        Reports do not need the first answers, so `answer` is empty.
        """

    def customer_names(self) -> list[str]:
        """The customers of all tickets, each spelling once, sorted."""

    def code_count(self, length: int) -> int:
        """How many codes of this length unresolved tickets hold; where work writes, within the last second."""

    def unused_code(self, draw: Callable[[], str]) -> str:
        """A code that `draw` gave and no unresolved ticket holds. It may be called more often than that needs."""

    def add_ticket(self, ticket: StoredTicket) -> None:
        """Insert it. Raises Conflict when the id is there already."""

    def update_ticket(self, ticket: StoredTicket) -> None:
        """Write status, impact, action, hold_until, due_at, first_reply_due, owner, code; the rest never changes."""

    def due_tickets(self, now: datetime, limit: int) -> list[str]:
        """Ids whose `due_at` has come, the longest overdue first; rows another worker holds are passed over."""

    def next_due_at(self) -> datetime | None:
        """The earliest `due_at` of all."""

    def events(self, ticket_id: str) -> list[Event]:
        """The ticket's log in its order."""

    def events_of(self, ticket_ids: Sequence[str], *, without: Sequence[EventKind] = ()) -> dict[str, list[Event]]:
        """The logs of many tickets at once, each in its order, but for the kinds in `without`.

        A ticket with nothing to show is absent.
        """

    def append(self, events: Sequence[Event]) -> None:
        """Append to the logs, in the order given. An event whose sender's id is there already raises Conflict."""

    def attempts(self, ticket_id: str) -> list[Attempt]:
        """Every try for this ticket, oldest first."""

    def attempt(self, attempt_id: str) -> Attempt | None:
        """The try with this delivery id, its row locked."""

    def attempt_by_provider_id(self, provider_id: str) -> Attempt | None:
        """The newest try that carries the provider's id; whoever else asks for it waits until the transaction ends."""

    def add_attempts(self, attempts: Sequence[Attempt]) -> None:
        """Insert them."""

    def update_attempt(self, attempt: Attempt) -> None:
        """Write everything that can change: channel, status, provider id, error, tries, retry_at, lease_until,
        goes_alone, bundle, sent_text, sent_at."""

    def settle_attempt(self, attempt: Attempt) -> bool:
        """As `update_attempt` for a try that its provider has just taken, if it is still `sending` and without a
        provider's id in the store; False, and nothing is written, when it is not."""

    def claim_attempts(self, *, real_now: datetime, lease_until: datetime, limit: int) -> list[Attempt]:
        """Take over tries that are due: `queued`, `retrying` or `unknown` whose `retry_at` has come, and `sending`
        whose lease ran out (they come back as `unknown`), and `accepted` or `sent` ones whose provider is to be asked
        at `retry_at`. Sets their lease; no two callers get the same one. What waits for its turn is left where another
        has the turns (`has_turns`): whoever has them sees everything that waits."""

    def unsent_attempts(self, *, written_before: datetime, limit: int) -> list[Attempt]:
        """Tries that no provider is known to have taken, of those written before an instant (real time)."""

    def recent_attempts(self, *, written_since: datetime, limit: int) -> list[Attempt]:
        """Tries written since an instant (real time), the newest first."""

    def waiting_pages(self, person: str) -> list[Attempt]:
        """Texts that page this person, take turns, and are `queued` or `retrying`, oldest first; their rows locked.
        What another transaction has locked is left out."""

    def bundle(self, leader: str) -> list[Attempt]:
        """Every try in the message that the try `leader` leads, itself among them, oldest first."""

    def texts_sent(self, *, since: datetime, most: int, to: str | None = None) -> list[SentText]:
        """The latest texts that went out since an instant (policy time), the newest first, at most so many. A bundle
        is one message.

        to: what went to one person unasked; None: what went to anybody, the answers to inbound messages among it.
        """

    def last_page_to(self, person: str) -> Attempt | None:
        """The text that paged this person last, by `sent_at`, and is not known to have failed; of a bundle the one
        that leads it."""

    def calls_to(self, person: str, *, since: datetime) -> list[Attempt]:
        """Calls to this person that were handed to a provider since an instant (policy time), the latest first."""

    def has_delivered(self, person: str, channel: str) -> bool:
        """Whether a message to this person by this channel was ever reported to have arrived."""

    def take_turns(self) -> None:
        """From here to the end of the transaction no other one passes this point: who may send is decided by one
        at a time. Before it no row but those of claimed tries may be locked."""

    def has_turns(self) -> bool:
        """As `take_turns`, but it never waits: False where another transaction has them, and nothing is changed."""

    def hand_over_alone(self) -> None:
        """As `take_turns` for telling whoever comes on what is open: it is told by one pager."""

    def next_attempt_at(self) -> datetime | None:
        """The earliest real instant at which `claim_attempts` would give something."""

    def inbound(self, provider_id: str) -> InboundMessage | None:
        """An SMS that came before."""

    def add_inbound(self, message: InboundMessage) -> None:
        """Keep it, for replays."""

    def last_paged(self, person: str) -> list[str]:
        """Ids of unresolved tickets that this person was paged for, the latest page first."""

    def note_reachability(self, mark: Reachability) -> None:
        """Append it: from now on it says whether this person is reached by this channel."""

    def deaf(self) -> list[Reachability]:
        """The latest word on each person and channel where it is that they are not reached, in the order of ids."""

    def reached(self) -> Mapping[str, datetime]:
        """When (policy time) a message to somebody, by their id, was last delivered, or one last came from them."""

    def add_alert(self, alert: Alert) -> bool:
        """Keep it, to be sent; False, and nothing is kept, when there is one about the same already."""

    def claim_alerts(self, *, real_now: datetime, lease_until: datetime) -> list[Alert]:
        """Take over alerts that are due, and put them off until the lease ends; no two callers get the same one."""

    def update_alert(self, alert: Alert) -> None:
        """Write everything that can change: due_at, tries, provider id, error, sent_at."""

    def alerts(self, *, written_since: datetime) -> list[Alert]:
        """Alerts that were written since then (real time), the newest first."""

    def add_token(self, token: Token) -> None:
        """Keep it. Raises Conflict when the name is taken."""

    def remove_token(self, name: str) -> None:
        """Forget it. Raises NotFound."""

    def token_by_digest(self, digest: str) -> Token | None:
        """The caller whose secret has this digest."""

    def tokens(self) -> list[Token]:
        """Every caller, by name."""

    def beat(self, worker: str, *, real_now: datetime, channel: str) -> None:
        """Say that this pager is alive."""

    def last_beat(self) -> tuple[datetime, str] | None:
        """When (real time) a pager last said so, and its channel."""


class Store(Protocol):
    """Runs work in transactions. The same work may be run again when the database asks for it, so it must be pure
    but for its transaction."""

    def write(self, work: Callable[[Transaction], T]) -> T:
        """Run it in a transaction of its own, durable when this returns. Raises StoreUnavailable."""

    def read(self, work: Callable[[Transaction], T]) -> T:
        """Run it on a consistent snapshot."""

    def submit(self, work: Callable[[Transaction], T]) -> Future[T]:
        """As `write`, without waiting: durable when the future resolves. Several may share one commit."""

    def submit_apart(self, work: Callable[[Transaction], T]) -> Future[T]:
        """As `submit` for what may take long: it shares a commit only where everything does."""
