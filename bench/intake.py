"""How fast each sender's path stores tickets durably: 400 a second for a minute, then SIGKILL.

Every row runs the real service on a new SQLite file and posts tickets that page nobody, so that the time is that of the
intake. After the last answer the service gets SIGKILL, and the database must hold every ticket that was accepted.
BENCH_SECONDS: length of a row; 60 when absent.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import median, quantiles

from bench.load import Answers, Post, post_all
from bench.running import cpu_seconds, service, twilio
from bench.tables import print_table
from bench.victims import ALONE, environment, publish
from oncall.paging.domain.ticket import StoredTicket
from oncall.paging.ports.records import TicketFilter
from oncall.paging.ports.store import Transaction
from oncall.store.database import open_store

RATE = 400
WARM_UP = 200
PAGE = 1000
HEADER = ["path", "accepted", "repeats", "p50 ms", "p99 ms", "CPU ms", "missing after SIGKILL"]


def main() -> None:
    """Print a row for each sender's path."""
    seconds = int(os.environ.get("BENCH_SECONDS", "60"))
    print(f"\nTickets accepted durably, {RATE}/s for {seconds} s each, SQLite", flush=True)
    print_table(HEADER, [row(path, body, seconds) for path, body in PATHS.items()])


def row(path: str, body: Callable[[str, str], object], seconds: int) -> list[str]:
    """Return the line of one path. body: makes what a sender posts, from a key and the token."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        url = f"sqlite:///{folder}/oncall.db"
        with twilio(folder, receipts=False) as provider:
            settings = environment(url, provider)
            token = publish(folder, settings, limits=ALONE)
            with service(settings, folder) as (address, process):
                target = address + path, {"Authorization": f"Bearer {token}"}
                post_all(*target, _posts("warm", WARM_UP, body, token), rate=100)
                before = cpu_seconds(process)
                answers = post_all(*target, _posts("t", RATE * seconds, body, token), rate=RATE)
                used = cpu_seconds(process) - before
                process.kill()
                process.wait()
        missing = WARM_UP + len(answers.accepted_at) - _stored(url)
    return _cells(path, answers, used, missing)


def _posts(prefix: str, count: int, body: Callable[[str, str], object], token: str) -> list[Post]:
    return [(key, body(key, token)) for key in (f"{prefix}-{number}" for number in range(count))]


def _stored(url: str) -> int:
    """Return how many tickets the database holds."""
    count, after = 0, None
    with open_store(url) as store:
        while True:
            found = store.read(partial(_page, after))
            count += len(found)
            if len(found) < PAGE:
                return count
            after = found[-1].ticket.id


def _page(after: str | None, tx: Transaction) -> Sequence[StoredTicket]:
    return tx.tickets(TicketFilter(after=after, limit=PAGE))


def _cells(path: str, answers: Answers, used: float, missing: int) -> list[str]:
    taken = [1000 * each for each in answers.taken.values()]
    return [
        path,
        str(len(taken)),
        str(answers.repeats),
        f"{median(taken):.1f}",
        f"{quantiles(taken, n=100)[98]:.1f}",
        f"{used * 1000 / len(taken):.2f}",
        str(missing),
    ]


def _ticket(key: str, token: str) -> object:
    return {"id": key, "customer": "Acme Ltd", "plan": "standard", "impact": "low", "subject": "A question"}


def _alertmanager(key: str, token: str) -> object:
    labels = {"alertname": "Slow", "customer": "Acme Ltd", "plan": "standard", "impact": "low"}
    alert = {"status": "firing", "fingerprint": key, "startsAt": "2027-01-09T08:00:00Z", "labels": labels}
    return {"version": "4", "status": "firing", "alerts": [{**alert, "annotations": {"summary": "slow"}}]}


def _pagerduty(key: str, token: str) -> object:
    details = {"customer": "Acme Ltd", "plan": "standard", "impact": "low"}
    payload = {"summary": "slow", "source": "bench", "severity": "info", "custom_details": details}
    return {"routing_key": token, "event_action": "trigger", "dedup_key": key, "payload": payload}


def _opsgenie(key: str, token: str) -> object:
    details = {"customer": "Acme Ltd", "plan": "standard", "impact": "low"}
    return {"message": "slow", "alias": key, "priority": "P5", "details": details}


def _zendesk(key: str, token: str) -> object:
    ticket = {"id": key, "title": "A question", "priority": "Low", "status": "open", "organization": "Acme Ltd"}
    return {"ticket": {**ticket, "plan": "standard"}}


def _cloudevents(key: str, token: str) -> object:
    data = {"customer": "Acme Ltd", "plan": "standard", "impact": "low", "subject": "A question"}
    return {"specversion": "1.0", "id": key, "source": "bench", "type": "com.example.alert.fired", "data": data}


PATHS: dict[str, Callable[[str, str], object]] = {
    "/v1/tickets": _ticket,
    "/webhooks/alertmanager": _alertmanager,
    "/v2/enqueue": _pagerduty,
    "/v2/alerts": _opsgenie,
    "/webhooks/zendesk": _zendesk,
    "/webhooks/cloudevents": _cloudevents,
}
"""What each path is sent. No row posts mail: a relay sends it one by one."""
