"""The steps that the routes of all senders share.

They read the body, store its signals, and keep bodies that cannot be understood.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from fastapi import Request

from oncall.errors import Conflict
from oncall.intake.arrivals import keep_failure, note_arrival
from oncall.intake.posts import Post
from oncall.intake.seen_requests import is_first_time
from oncall.intake.senders import Sender
from oncall.intake.signals import Became, Origin, Reading, Signal, Taken, Unreadable
from oncall.intake.take_in import take_in_all
from oncall.paging.outgoing.new_attempts import ActionContext
from oncall.paging.ports.callers import Token
from oncall.paging.ports.intake_store import Arrival
from oncall.paging.ports.store import Transaction
from oncall.web.edge.request_bodies import sender_body
from oncall.web.services.services import Services

T = TypeVar("T")
LARGEST_POST = 1024 * 1024
"""The most bytes that a sender may post. A sender's format may set a smaller limit."""
SIGNALS_A_COMMIT = 50
"""The most signals in one commit, so that a body with many alerts does not block other work on the database."""
_MOST_TIMES = 3
"""How many times the work is tried while other processes store the same key."""


@dataclass(frozen=True, slots=True)
class Received:
    """What became of one request. arrival: its row in the intake log. taken: the result of each of its signals."""

    arrival: Arrival
    taken: tuple[Taken, ...] = ()


async def post_of(request: Request, most: int = LARGEST_POST) -> tuple[Post, bool]:
    """Return the request as the sender's reader expects it, and True if its body was cut after `most` bytes."""
    body, is_cut = await sender_body(request, most)
    # As the sender wrote it: decoded, a `/` or `?` inside a part could not be told from one between parts.
    path, query = request.scope["raw_path"].decode("latin-1"), request.url.query
    return Post(body, dict(request.headers), path + (f"?{query}" if query else "")), is_cut


async def receive(services: Services, sender: Sender, caller: Token, post: Post, *, once: str = "") -> Received:
    """Read a request and store its signals; they are on disk when this returns.

    A body that cannot be read is kept for a person. once: the sender's own id of the request; a second request with the
    same id changes nothing.
    """
    try:
        reading = sender.read(post)
    except Unreadable as refusal:
        return await keep(services, sender.origin(caller), post, str(refusal))
    return await take(services, sender.origin(caller), post, reading, once=once)


async def keep(services: Services, origin: Origin, post: Post, why: str) -> Received:
    """Keep a body that cannot be understood, and notify the manager. why: why it cannot be understood."""
    context = services.engine.context(origin.caller.name)
    arrival = await services.engine.write(
        lambda tx: keep_failure(tx, origin, post.path, post.body, post.headers, [why], context)
    )
    services.engine.wake()
    return Received(arrival)


async def take(services: Services, origin: Origin, post: Post, reading: Reading, *, once: str = "") -> Received:
    """Store the signals that were read from a request.

    If a part cannot be understood, the whole body is kept as well.
    """
    faults = list(reading.faults)
    taken = await _taken(services, origin, reading.signals[:-SIGNALS_A_COMMIT], faults)
    context = services.engine.context(origin.caller.name)

    def last(tx: Transaction) -> Received:
        if not is_first_time(tx, origin, once, context):
            seen = Taken(Became.IGNORED, None, "this request came before")
            return Received(note_arrival(tx, origin, post.path, [seen], context), (seen,))
        done, more_faults = take_in_all(tx, reading.signals[-SIGNALS_A_COMMIT:], origin, context)
        every, wrong = [*taken, *done], [*faults, *more_faults]
        if not wrong:
            return Received(note_arrival(tx, origin, post.path, every, context), tuple(done))
        kept = keep_failure(tx, origin, post.path, post.body, post.headers, wrong, context, taken=every)
        return Received(kept, tuple(done))

    received = await write_again(services, last)
    send_taken(services, received.taken)
    return Received(received.arrival, (*taken, *received.taken))


async def _taken(services: Services, origin: Origin, signals: Sequence[Signal], faults: list[str]) -> list[Taken]:
    """Store signals, at most SIGNALS_A_COMMIT in each commit. Adds to `faults` why a signal cannot be stored."""
    taken: list[Taken] = []
    for start in range(0, len(signals), SIGNALS_A_COMMIT):
        some = signals[start : start + SIGNALS_A_COMMIT]
        done, more_faults = await write_again(
            services, _work(some, origin, services.engine.context(origin.caller.name))
        )
        faults += more_faults
        taken += done
        send_taken(services, done)
    return taken


def _work(
    signals: Sequence[Signal], origin: Origin, context: ActionContext
) -> Callable[[Transaction], tuple[list[Taken], list[str]]]:
    return lambda tx: take_in_all(tx, signals, origin, context)


async def write_again(services: Services, work: Callable[[Transaction], T]) -> T:
    """Run work in a write transaction, and run it again if another process has just stored the same key.

    Raises Conflict after several tries.
    """
    for _ in range(_MOST_TIMES - 1):
        try:
            return await services.engine.write(work)
        except Conflict:
            continue
    return await services.engine.write(work)


def send_taken(services: Services, taken: Sequence[Taken]) -> None:
    """Send the pages that the signals caused, and count the new tickets in the metrics."""
    for one in taken:
        services.engine.send_soon(one.attempts)
        if one.became is Became.OPENED and one.action is not None:
            services.engine.observer.ticket_accepted(one.action)
    services.engine.wake()
