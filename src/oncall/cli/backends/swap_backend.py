"""Answers the commands about swaps and absences: in the database of this machine, or through a server
(`ONCALL_SERVER`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol
from urllib.parse import quote, urlencode

from oncall.cli.backends.server import open_server
from oncall.cli.terminal.named_author import check_author
from oncall.errors import NotFound, Refused

if TYPE_CHECKING:
    from oncall.cli.backends.remote_backend import RemoteBackend
    from oncall.planning.posted.carry_out import Actor
    from oncall.planning.views.swap_views import AwayView, SwapsView, SwapView, TakersView
    from oncall.planning.views.version_views import ChangeView
    from oncall.schedule.schedule import Schedule
    from oncall.store.sql_store import SqlStore
    from oncall.wiring import Settings

Body = Mapping[str, object]


class Swaps(Protocol):
    """Swaps and absences, in a local database or on a server. A `body` has the fields of the API."""

    def takers(self, engineer: str, day: str, role: str | None) -> TakersView:
        """Return who could take a shift. day: the date on which the shift starts, or a time in it.

        role: None: any role.
        """

    def swap(self, body: Body) -> SwapView | ChangeView:
        """Ask another engineer for a swap. If the body says that both have agreed, make the swap at once."""

    def answer(self, code: str, answer: str) -> SwapView:
        """Answer a request to swap. code: the code of the request. answer: accept, decline or withdraw."""

    def swaps(self) -> SwapsView:
        """Return the requests to swap, with their states."""

    def away(self, body: Body) -> AwayView:
        """Enter an absence, and find covers for its shifts."""


@contextmanager
def open_swaps(settings: Settings, by: str | None) -> Iterator[Swaps]:
    """Open the server that the settings name, or else the local database. Closes it at the end.

    by: who makes the change in the local database; None: the engineer or the user at this terminal. With a server,
    raises Refused for any name but that of the token. Raises NotFound for a person who is on no roster.
    """
    from oncall import wiring

    server = open_server(settings)
    if server is not None:
        if by is not None and by != server.me()["name"]:
            raise Refused("--by: on a server the author is the token's; leave --by out, or log in as that person")
        yield RemoteSwaps(server)
        return
    with wiring.make_store(settings) as store:
        if by is not None:
            check_author(by, store.read(lambda tx: tx.schedule()))
        yield LocalSwaps(store, settings, by or settings.engineer or wiring.current_user())


class RemoteSwaps:
    """Swaps and absences on a server."""

    def __init__(self, server: RemoteBackend) -> None:
        self._server = server

    def takers(self, engineer: str, day: str, role: str | None) -> TakersView:
        asked = {"engineer": engineer, "day": day} | ({"role": role} if role is not None else {})
        answer: TakersView = self._server.get(f"/v1/schedule/swaps/takers?{urlencode(asked)}")
        return answer

    def swap(self, body: Body) -> SwapView | ChangeView:
        answer: SwapView | ChangeView = self._server.post("/v1/schedule/swaps", body)
        return answer

    def answer(self, code: str, answer: str) -> SwapView:
        if not code.isalnum():
            raise NotFound(f'there is no swap "{code.strip()[:20]}"; `oncall swaps` lists them')
        done: SwapView = self._server.post(f"/v1/schedule/swaps/{quote(code)}/{answer}", {})
        return done

    def swaps(self) -> SwapsView:
        answer: SwapsView = self._server.get("/v1/schedule/swaps")
        return answer

    def away(self, body: Body) -> AwayView:
        answer: AwayView = self._server.post("/v1/schedule/absences", body)
        return answer


class LocalSwaps:
    """Swaps and absences in the database of this machine. The pager that uses this database sends the texts."""

    def __init__(self, store: SqlStore, settings: Settings, by: str) -> None:
        from oncall import wiring

        self._store, self._by = store, by
        self._clock = wiring.make_clock(settings)

    def takers(self, engineer: str, day: str, role: str | None) -> TakersView:
        from oncall.planning.views.swap_views import asked_takers_view

        now = self._clock.now()
        return self._store.read(lambda tx: asked_takers_view(tx, engineer, day, role, now))

    def swap(self, body: Body) -> SwapView | ChangeView:
        from oncall.planning.posted.carry_out_swaps import carry_out_swap
        from oncall.planning.posted.posted_swaps import swap_from
        from oncall.planning.swaps.swap_notes import note_times
        from oncall.planning.views.swap_views import swap_answer_view

        posted, actor, times = swap_from(body), self._actor(), note_times(self._clock)
        done = self._store.write(lambda tx: (carry_out_swap(tx, posted, actor, times), tx.schedule().calendar.zone))
        return swap_answer_view(*done, actor.context.now)

    def answer(self, code: str, answer: str) -> SwapView:
        from oncall.planning.posted.carry_out_swaps import SwapAnswer, carry_out_answer
        from oncall.planning.swaps.swap_notes import note_times
        from oncall.planning.views.swap_views import swap_done_view

        times = note_times(self._clock)
        is_limited = self._store.read(lambda tx: _is_engineer(self._by, tx.schedule()))
        actor = self._actor(is_limited=is_limited)
        done, zone = self._store.write(
            lambda tx: (carry_out_answer(tx, code, SwapAnswer(answer), actor, times), tx.schedule().calendar.zone)
        )
        return swap_done_view(done, zone)

    def swaps(self) -> SwapsView:
        from oncall.planning.views.swap_views import listed_swaps_view

        now = self._clock.now()
        return self._store.read(lambda tx: listed_swaps_view(tx, now))

    def away(self, body: Body) -> AwayView:
        from oncall.planning.posted.carry_out_swaps import carry_out_away, covers_for, read_away
        from oncall.planning.posted.posted_swaps import away_from
        from oncall.planning.swaps.swap_notes import note_times
        from oncall.planning.views.swap_views import away_view

        posted, actor, times = away_from(body), self._actor(), note_times(self._clock)
        plan = covers_for(self._store.read(lambda tx: read_away(tx, posted, actor)), actor)
        return away_view(self._store.write(lambda tx: carry_out_away(tx, plan, posted, actor, times)))

    def _actor(self, *, is_limited: bool = False) -> Actor:
        from oncall.paging.outgoing.new_attempts import ActionContext, whole_second
        from oncall.planning.posted.carry_out import Actor

        now = self._clock.now()
        context = ActionContext(self._by, whole_second(now), self._clock.real_now(), exact_now=now)
        return Actor(self._by, context, is_limited=is_limited)


def _is_engineer(name: str, schedule: Schedule) -> bool:
    """Return True for an engineer of the published roster, who answers only for themselves; False for the manager."""
    latest = schedule.latest
    return latest is not None and name in latest.people and (latest.manager is None or latest.manager.id != name)
