"""What would stop a page tonight: one sentence with its remedy each, and exit code 1 if there is any."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from doubles.twilio import ACCOUNT_SID, AUTH_TOKEN, TwilioDouble
from doubles.twilio_faults import Operation, not_json, refuse, reset
from doubles.twilio_posts import NUMBER
from oncall.paging.actions.intake import accept
from oncall.paging.actions.posted_ticket import parse_ticket
from oncall.paging.domain.reachability import Reach, Reachability
from oncall.paging.domain.ticket import AttemptStatus
from oncall.paging.outgoing.new_attempts import ActionContext
from oncall.paging.ports.records import InboundMessage, NewVersion
from oncall.paging.ports.store import Transaction
from oncall.rosters.roster_file import read_roster
from oncall.schedule.plan_file import read_plan
from oncall.schedule.version_document import publication_document
from oncall.store.database import open_store
from tests.cli.conftest import Oncall
from tests.paging.world import SATURDAY_NIGHT, ticket_body

SECRETS = ("+1305", NUMBER, AUTH_TOKEN)


@pytest.fixture
def twilio(monkeypatch: pytest.MonkeyPatch) -> Iterator[TwilioDouble]:
    """A Twilio double on loopback, and the settings for it."""
    with TwilioDouble() as double:
        monkeypatch.setenv("ONCALL_SMS", "twilio")
        monkeypatch.setenv("ONCALL_PUBLIC_URL", "https://oncall.example.com")
        account = (double.base_url, ACCOUNT_SID, AUTH_TOKEN, NUMBER)
        for name, value in zip(("BASE_URL", "ACCOUNT_SID", "AUTH_TOKEN", "FROM"), account, strict=True):
            monkeypatch.setenv(f"TWILIO_{name}", value)
        yield double


def database(tmp_path: Path, work: Callable[[Transaction], None]) -> None:
    with open_store(f"sqlite:///{tmp_path / 'oncall.db'}") as store:
        store.write(work)


@pytest.fixture
def answered(published: Oncall, twilio: TwilioDouble, tmp_path: Path) -> Oncall:
    """A published schedule of four weeks, working credentials, and an SMS received from everyone on call."""
    for number, person in enumerate(("ana", "ben", "mei")):
        sms = InboundMessage(f"SM{number:032}", SATURDAY_NIGHT + timedelta(minutes=1), person, "ACK", "")
        database(tmp_path, partial(_add_inbound, sms))
    return published


def _add_inbound(sms: InboundMessage, tx: Transaction) -> None:
    tx.add_inbound(sms)


def _add_version(version: NewVersion, tx: Transaction) -> None:
    tx.add_version(version)


@pytest.fixture
def healthy(answered: Oncall, tmp_path: Path) -> Oncall:
    """The same, with a running pager."""
    database(tmp_path, lambda tx: tx.beat("w1", real_now=datetime.now(UTC), channel="twilio"))
    return answered


def bad(oncall: Oncall) -> dict[str, list[str]]:
    """Return the findings that are not fine, by subject. The answer holds no phone number and no secret."""
    ran = oncall("doctor", "--json")
    found = json.loads(ran.out)
    assert found["would_page"] is (ran.code == 0)
    assert not any(secret in ran.out for secret in SECRETS)
    sentences: dict[str, list[str]] = {}
    for finding in found["findings"]:
        if finding["severity"] != "fine":
            sentences.setdefault(finding["subject"], []).append(f"{finding['severity']}: {finding['sentence']}")
    return sentences


def test_a_healthy_pager_gets_a_list_of_checks_and_no_message(healthy: Oncall, twilio: TwilioDouble) -> None:
    ran = healthy("doctor")
    assert ran.code == 0, ran.out
    findings, _, holes = ran.out.partition("Holes in the schedule of the next 90 days:\n")
    assert holes == "  all of it after Mon 2027-02-01 08:00 EST, where the published schedule ends\n"
    rows = {line.split()[1]: line.split(maxsplit=2) for line in findings.splitlines()}
    assert {row[0] for row in rows.values()} == {"fine"}
    assert rows["sms"][2] == "twilio answers and accepts the credentials."
    assert rows["schedule"][2] == "every role is held for the next 14 days."
    assert rows["clock"][2] == "this machine's clock agrees with twilio."
    assert twilio.messages == []


def test_without_a_database_it_makes_none_and_says_so(oncall: Oncall, tmp_path: Path) -> None:
    assert bad(oncall) == {
        "database": [
            f"stops: {tmp_path / 'oncall.db'}: there is no database yet; "
            "`oncall publish` a plan, or check ONCALL_DATABASE_URL."
        ],
        "sms": [
            "stops: ONCALL_SMS is not set, so no page would reach anybody; "
            'set it to "twilio", or to "outbox" to print the pages instead of sending them.'
        ],
    }
    assert not (tmp_path / "oncall.db").exists()


def test_nothing_published_and_no_pager_each_stop_a_page(oncall: Oncall, twilio: TwilioDouble, tmp_path: Path) -> None:
    database(tmp_path, lambda tx: None)
    assert bad(oncall) == {
        "pager": ["stops: no pager has ever run on this database; start `oncall serve`."],
        "schedule": ["stops: nothing is published, so nobody can be paged; `oncall publish` a plan."],
    }


def test_a_dead_pager_and_an_outbox_pager_are_reported(answered: Oncall, tmp_path: Path) -> None:
    long_ago = datetime.now(UTC) - timedelta(minutes=90)
    database(tmp_path, lambda tx: tx.beat("w1", real_now=long_ago, channel="twilio"))
    assert bad(answered) == {"pager": ["stops: no pager has run for 1 h 30 min; start `oncall serve`."]}
    database(tmp_path, lambda tx: tx.beat("w1", real_now=datetime.now(UTC), channel="outbox"))
    assert bad(answered) == {
        "pager": ["stops: the pager that runs prints its pages and sends nothing; restart it with ONCALL_SMS=twilio."]
    }


def test_the_outbox_reaches_nobody(healthy: Oncall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONCALL_SMS", "outbox")
    assert bad(healthy) == {
        "sms": ['stops: ONCALL_SMS is "outbox": pages are printed and reach nobody; set it to "twilio".']
    }


def test_wrong_credentials_stop_a_page(healthy: Oncall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", "wrong")
    assert bad(healthy) == {
        "sms": [
            "stops: Twilio says: the credentials are wrong or revoked (code 20003); "
            "check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN."
        ]
    }


@pytest.mark.parametrize(
    ("ahead", "words"), [(timedelta(minutes=-15), "15 min ahead of"), (timedelta(minutes=15), "15 min behind")]
)
def test_a_clock_that_twilio_s_own_date_contradicts_stops_pages(
    healthy: Oncall, twilio: TwilioDouble, ahead: timedelta, words: str
) -> None:
    twilio.clock_ahead = ahead
    (sentence,) = bad(healthy)["clock"]
    assert sentence == (
        f"stops: this machine's clock is {words} that of twilio: pages come at the wrong time; set it by NTP."
    )


def test_a_twilio_that_is_away_for_a_moment_only_warns(healthy: Oncall, twilio: TwilioDouble) -> None:
    twilio.script(refuse(503, 20503), on=Operation.LIST)
    assert bad(healthy) == {
        "sms": [
            "warns: Twilio cannot say whether the credentials work (HTTP 503, code 20503); run `oncall doctor` again."
        ]
    }


def test_an_unreachable_twilio_stops_pages(healthy: Oncall, twilio: TwilioDouble) -> None:
    twilio.refuse_connections()
    assert bad(healthy) == {
        "sms": [
            f"stops: Twilio cannot be reached at {twilio.base_url} (Connection refused): no page would go out; "
            "check the network and TWILIO_BASE_URL."
        ]
    }


def test_a_twilio_that_cuts_the_connection_stops_pages(healthy: Oncall, twilio: TwilioDouble) -> None:
    twilio.rule(reset(), on=Operation.LIST)
    assert bad(healthy) == {
        "sms": [
            "stops: the connection to Twilio was cut before its answer was complete (ClientOSError): "
            "no page would go out; check the network and TWILIO_BASE_URL."
        ]
    }


@pytest.mark.parametrize("text", ["<html>Welcome</html>", "[]", "{}"])
def test_an_address_where_another_server_answers_stops_pages(healthy: Oncall, twilio: TwilioDouble, text: str) -> None:
    twilio.rule(not_json(text, status=200), on=Operation.LIST)
    assert bad(healthy) == {
        "sms": [
            f"stops: {twilio.base_url} answers, but not as Twilio does: no page would go out; check TWILIO_BASE_URL."
        ]
    }


def test_without_a_public_url_no_reply_can_come_in(healthy: Oncall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ONCALL_PUBLIC_URL")
    assert bad(healthy) == {
        "callbacks": [
            "warns: ONCALL_PUBLIC_URL is not set: no delivery receipt and no SMS reply can reach the pager; "
            "set it to the https address at which Twilio reaches `oncall serve`."
        ]
    }


@pytest.mark.parametrize(
    ("today", "more"),
    [("2027-01-19", ""), ("2027-01-20", " and in 1 more stretch"), ("2027-01-28", " and in 7 more stretches")],
)
def test_the_end_of_the_plan_within_two_weeks_is_a_hole(
    healthy: Oncall, monkeypatch: pytest.MonkeyPatch, today: str, more: str
) -> None:
    monkeypatch.setenv("ONCALL_CLOCK", f"{today}T12:00:00-05:00")
    assert bad(healthy) == {
        "schedule": [
            f"stops: nobody is on call from Mon 2027-02-01 19:01 EST to Tue 2027-02-02 08:00 EST{more} "
            "of the next 14 days; publish a plan, or `oncall override`."
        ]
    }


def test_every_hole_of_the_days_asked_about_is_listed(
    healthy: Oncall, tmp_path: Path, plan: Path, roster: Path
) -> None:
    lines = plan.read_text(encoding="utf-8").splitlines()
    gone = [line for line in lines if line.startswith(("2027-01-26T", "2027-01-28T")) and ",primary," in line]
    plan.write_text("\n".join(line for line in lines if line not in gone) + "\n", encoding="utf-8")
    document = publication_document(read_plan(plan, team="tiny"), read_roster(roster))
    version = NewVersion(datetime(2027, 1, 5, tzinfo=UTC), "publish", "mei", "test", document, {})
    database(tmp_path, partial(_add_version, version))
    holes = json.loads(healthy("doctor", "--days", "21", "--json").out)["holes"]
    assert [(hole["role"], hole["start"]) for hole in holes] == [
        ("primary", "2027-01-26T19:01:00-05:00"),
        ("primary", "2027-01-28T19:01:00-05:00"),
    ]
    assert healthy("doctor", "--days", "21").out.splitlines()[-3:] == [
        "Holes in the schedule of the next 21 days:",
        "  primary  Tue 2027-01-26 19:01 EST to Wed 2027-01-27 08:00 EST  weeknight",
        "  primary  Thu 2027-01-28 19:01 EST to Fri 2027-01-29 08:00 EST  weeknight",
    ]
    assert len(json.loads(healthy("doctor", "--json").out)["holes"]) == 100
    assert healthy("doctor", "--days", "0").code == 2


def test_a_database_of_another_version_is_reported_with_the_command_that_updates_it(
    healthy: Oncall, tmp_path: Path
) -> None:
    import sqlite3

    path = tmp_path / "oncall.db"
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0001'")
    connection.close()
    assert bad(healthy) == {
        "database": [f"stops: {path}: the database was made by an older version of oncall; run: oncall migrate"]
    }


def test_serve_refuses_a_database_of_another_version_and_names_the_command_that_updates_it(
    healthy: Oncall, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sqlite3

    monkeypatch.delenv("ONCALL_CLOCK")
    path = tmp_path / "oncall.db"
    for revision, words in (
        ("0001", "made by an older version of oncall; run: oncall migrate"),
        ("9999", "made by a newer version of oncall; update oncall on this machine, then run: oncall migrate"),
    ):
        with sqlite3.connect(path) as connection:
            connection.execute("UPDATE alembic_version SET version_num = ?", (revision,))
        connection.close()
        ran = healthy("serve", "--port", "0")
        assert (ran.code, ran.err) == (1, f"oncall: {path}: the database was {words}\n")


def test_a_worker_is_refused_on_sqlite(healthy: Oncall, tmp_path: Path) -> None:
    ran = healthy("worker")
    assert (ran.code, ran.err) == (
        1,
        f"oncall: `oncall worker` needs PostgreSQL, but the database is the SQLite file {tmp_path / 'oncall.db'}; "
        "set ONCALL_DATABASE_URL to postgresql://..., or run `oncall serve`, the one pager of a SQLite file\n",
    )


def test_a_drill_without_a_pager_is_refused(published: Oncall) -> None:
    ran = published("drill")
    assert (ran.code, ran.out, ran.err) == (
        1,
        "",
        "oncall: no pager runs on this database, so nothing would be sent; start `oncall serve`\n",
    )


@pytest.mark.parametrize(("rate", "is_late"), [("1", True), ("100", False)])
def test_a_page_that_has_not_arrived_is_late_by_real_minutes_on_a_clock_of_any_pace(
    healthy: Oncall, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rate: str, is_late: bool
) -> None:
    def paged(tx: Transaction) -> None:
        context = ActionContext("zendesk", SATURDAY_NIGHT, datetime.now(UTC))
        (page,) = accept(tx, parse_ticket(ticket_body(), tx.policy(), context.now), context).attempts
        tx.update_attempt(replace(page, status=AttemptStatus.ACCEPTED, provider_id="SM1", sent_at=SATURDAY_NIGHT))

    database(tmp_path, paged)
    monkeypatch.setenv("ONCALL_CLOCK", "2027-01-09T03:15:00-05:00")
    monkeypatch.setenv("ONCALL_CLOCK_RATE", rate)
    told = bad(healthy).get("audit", [])
    assert len(told) == is_late
    assert all(words.startswith("stops: T-1: a provider accepted a page 18") for words in told)


# What the pure part makes of facts that cannot be staged on one machine.


def test_an_engineer_who_sent_stop_stops_pages_until_they_send_start(healthy: Oncall, tmp_path: Path) -> None:
    def note(state: Reach, minute: int) -> None:
        since = SATURDAY_NIGHT + timedelta(minutes=minute)
        mark = Reachability("ana", "sms", state, since, "they sent STOP", "+13055550101")
        database(tmp_path, lambda tx: tx.note_reachability(mark))

    note(Reach.OPTED_OUT, 0)
    assert bad(healthy) == {
        "phone": [
            "stops: ana is on call within 14 days and cannot be reached: they sent STOP; "
            "ask them to text START to the sender."
        ]
    }
    note(Reach.REACHABLE, 1)
    assert bad(healthy) == {}


def test_a_number_that_was_never_reached_is_a_warning_until_an_sms_comes_from_it(
    published: Oncall, twilio: TwilioDouble, tmp_path: Path
) -> None:
    database(tmp_path, lambda tx: tx.beat("w1", real_now=datetime.now(UTC), channel="twilio"))
    words = (
        "warns: no message to or from the current number of {} has ever been confirmed; "
        "test it: `oncall drill --to {}`."
    )
    assert bad(published) == {"phone": [words.format("ana, ben, mei", "ana")]}
    sms = InboundMessage("SM1", SATURDAY_NIGHT + timedelta(minutes=1), "ana", "WHO", "")
    database(tmp_path, lambda tx: tx.add_inbound(sms))
    assert bad(published) == {"phone": [words.format("ben, mei", "ben")]}
