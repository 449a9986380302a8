"""Would a page go out tonight: looked at without sending anything, and tried with a marked test page."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import typer

from oncall.cli.show import JSON_OPTION, local_settings, print_json, print_rows, tell
from oncall.errors import Refused

if TYPE_CHECKING:
    from datetime import datetime

    from oncall.paging.drill import Progress
    from oncall.paging.ports import Clock
    from oncall.store.sqlstore import SqlStore

_COLOURS = {"stops": "red", "warns": "yellow", "fine": ""}
PAGER_IS_DEAD = timedelta(seconds=30)
LONGEST_WAIT = 3600
LOOK_EVERY_SECONDS = 0.25


def register(app: typer.Typer) -> None:
    """Add these commands to the front door."""
    app.command("doctor")(doctor)
    app.command("drill")(drill)


def doctor(json: bool = JSON_OPTION) -> None:
    """What would stop a page tonight: schedule, phones, provider, pager, clocks, database. Sends nothing.

    Run it with the settings of `oncall serve`. Exit code 1 when anything would stop a page.

    Example: oncall doctor
    """
    settings = local_settings("doctor")
    from oncall.paging.checkup import Severity, findings, report
    from oncall.wiring.checkup import gather

    found = findings(gather(settings))
    if json:
        print_json(report(found))
    else:
        rows = [[finding.severity.value, finding.subject, finding.sentence] for finding in found]
        print_rows(rows, colours=[_COLOURS[finding.severity.value] for finding in found])
    if any(finding.severity is Severity.STOPS for finding in found):
        raise typer.Exit(1)


def drill(
    to: str | None = typer.Option(None, "--to", help="An engineer's id; whoever a page would reach first when absent."),
    wait: int = typer.Option(120, "--wait", min=1, max=LONGEST_WAIT, help="Seconds to wait for the answer."),
    json: bool = JSON_OPTION,
) -> None:
    """Send a marked test page through the pager that runs, and time its acceptance, delivery and answer.

    It never escalates and is over when it is acknowledged. Exit code 1 when it is not answered in time.

    Example: oncall drill --to ana --wait 300
    """
    settings = local_settings("drill")
    from oncall import wiring

    clock = wiring.make_clock(settings)
    with wiring.make_store(settings) as store:
        result = _Drill(store, clock, wiring.current_user()).run(to, wait)
    if json:
        print_json(result)
    else:
        print_rows([[name, _seconds(result[f"{name}_after"])] for name in ("accepted", "delivered", "answered")])
    if result["answered_after"] is None:
        raise Refused(f"{result['ticket']}: {result['error'] or f'no answer in {wait} s'}; see `oncall doctor`")


def _seconds(value: float | None) -> str:
    return f"after {value:.1f} s" if value is not None else "not"


class _Drill:
    """One drill, watched from here: the times are those at which this process saw things happen."""

    def __init__(self, store: SqlStore, clock: Clock, user: str) -> None:
        self._store, self._clock, self._user = store, clock, user

    def run(self, to: str | None, wait: int) -> dict[str, Any]:
        """Send it and wait for its answer. Raises Refused when there is no pager or nobody to page."""
        from oncall.paging.drill import start_drill, whom

        hand = self._hand()
        self._refuse_without_pager(hand.real_now)
        person = self._store.read(lambda tx: whom(tx, to, hand.now))
        ends_at = hand.now + timedelta(seconds=wait)
        stored, page = self._store.write(lambda tx: start_drill(tx, to=person, ends_at=ends_at, hand=hand))
        tell(f"{stored.ticket.id}: a test page for {person}; waiting {wait} s for ACK {stored.code}.")
        result: dict[str, Any] = {"ticket": stored.ticket.id, "to": person, "status": page.status.value}
        result |= dict.fromkeys(("accepted_after", "delivered_after", "answered_after", "error"))
        try:
            self._watch(result, wait)
        finally:
            self._end(stored.ticket.id)
        return result

    def _watch(self, result: dict[str, Any], wait: int) -> None:
        from oncall.paging.drill import progress

        began = time.monotonic()
        while True:
            seen: Progress = self._store.read(lambda tx: progress(tx, result["ticket"]))
            passed = time.monotonic() - began
            result["status"], result["error"] = seen.status.value, seen.error
            for name, happened in (
                ("accepted", seen.is_accepted),
                ("delivered", seen.is_delivered),
                ("answered", seen.answered_by is not None),
            ):
                if happened and result[f"{name}_after"] is None:
                    result[f"{name}_after"] = round(passed, 3)
                    tell(f"{name} after {passed:.1f} s")
            if seen.is_over or seen.has_failed or passed >= wait:
                return
            self._store.wait_for_change(min(LOOK_EVERY_SECONDS, wait - passed))

    def _end(self, ticket_id: str) -> None:
        """Nothing is left open, whatever happened."""
        from oncall.paging.life import Deed, record
        from oncall.paging.ticket import EventKind

        hand = self._hand()
        deed = Deed(EventKind.RESOLVED, self._user, hand.now, why="the drill is over")
        self._store.write(lambda tx: record(tx, ticket_id, deed, hand))

    def _refuse_without_pager(self, real_now: datetime) -> None:
        beat = self._store.read(lambda tx: tx.last_beat())
        if beat is None or real_now - beat[0] > PAGER_IS_DEAD:
            raise Refused("no pager runs on this database, so nothing would be sent; start `oncall serve`")
        if beat[1] == "outbox":
            tell(
                "The pager that runs prints its pages and sends nothing: only `oncall ack` can answer.", colour="yellow"
            )

    def _hand(self) -> Any:
        from oncall.paging.advance import Hand, whole_second

        return Hand(self._user, whole_second(self._clock.now()), self._clock.real_now())
