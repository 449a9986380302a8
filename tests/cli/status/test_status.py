"""The status page in the terminal: published with the policy, run by commands, and printed beside its promise."""

from __future__ import annotations

import json
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest

from oncall.cli.terminal.repeated_work import repeat
from oncall.errors import Refused
from oncall.support.policy_file import packaged_policy_text
from oncall.wiring import current_user
from tests.cli.conftest import Oncall
from tests.paging.world import STATUS


@pytest.fixture
def page(oncall: Oncall, roster: Path, plan: Path) -> Oncall:
    """The plan of January, published with a policy that names a status file. It is Saturday night, 9 January."""
    (roster.parent / "my.policy.yaml").write_text(packaged_policy_text() + "status: status.yaml\n")
    (roster.parent / "status.yaml").write_text(STATUS)
    roster.write_text(roster.read_text().replace("timezone:", "policy: my.policy.yaml\ntimezone:", 1))
    assert oncall("publish", plan, "--roster", roster).code == 0
    return oncall


def opened(page: Oncall, *arguments: str) -> str:
    ran = page("status", "open", *arguments, "--json")
    assert ran.code == 0, ran.err
    subject: str = json.loads(ran.out)["id"]
    return subject


def test_an_incident_from_its_start_to_its_end(page: Oncall) -> None:
    down = opened(page, "Portal down", "--component", "portal=major_outage", "--message", "We are looking into it.")
    assert page("status").out.splitlines()[:2] == [
        "itopia CAS: Partial System Outage",
        "Component     State         Id",
    ]
    assert page("status", "update", down, "--state", "identified", "--message", "A full disk.").code == 0
    assert page("status", "correct", down, "--started", "2027-01-09T02:30", "--reason", "first errors").code == 0
    shown = page("status", "show", down).out.splitlines()
    assert shown[:3] == [
        "Portal down: identified, impact critical.",
        "Began Sat 2027-01-09 02:30 EST; first stated as Sat 2027-01-09 03:12 EST.",
        f"Corrected to Sat 2027-01-09 02:30 EST by {current_user()}: first errors",
    ]
    assert page("status", "update", down, "--state", "resolved").code == 0
    assert page("status").out.startswith("itopia CAS: All Systems Operational\n")
    assert json.loads(page("status", "list", "--json").out)["incidents"][0]["state"] == "resolved"


def test_uptime_is_printed_beside_the_promise(page: Oncall, monkeypatch: pytest.MonkeyPatch) -> None:
    down = opened(page, "Portal down", "--component", "portal=major_outage")
    monkeypatch.setenv("ONCALL_CLOCK", "2027-01-09T04:12:00-05:00")
    assert page("status", "update", down, "--state", "resolved").code == 0
    monkeypatch.setenv("ONCALL_CLOCK", "2027-01-11T04:12:00-05:00")
    ran = page("status", "uptime", "--from", "2027-01-09T03:12", "--to", "2027-01-10T03:12", "--component", "portal")
    assert ran.out.splitlines() == [
        "Component  Uptime    Strict    Down  Allowed  Left       Measured",
        "portal     95.833 %  95.833 %  60.0  1.4      58.6 over  100 %",
        "page       95.833 %  95.833 %  60.0  1.4      58.6 over  100 %",
        "",
        "From 2027-01-09 03:12 to 2027-01-10 03:12; promised 99.9 %. Times are minutes.",
    ]
    view = json.loads(page("status", "uptime", "--from", "2027-01-09T03:12", "--to", "2027-01-10", "--json").out)
    assert view["page"]["seconds"] == 74_880
    assert (
        page("status", "uptime", "--component", "portal").out.splitlines()[1].endswith("100 % since 2027-01-09 03:12")
    )
    ninety_days = json.loads(page("status", "uptime", "--json").out)
    assert (ninety_days["from"], ninety_days["to"]) == ("2026-10-14T00:00:00-04:00", "2027-01-11T04:12:00-05:00")


def test_maintenance_is_announced_changed_and_cancelled(page: Oncall) -> None:
    times = ("--start", "2027-01-20T02:00", "--end", "2027-01-20T04:00")
    ran = page("status", "maintenance", "Upgrade", "--component", "portal", *times, "--json")
    work = json.loads(ran.out)["id"]
    assert page("status", "reschedule", work, "--end", "2027-01-20T05:00").code == 0
    said = f"Upgrade ({work}): scheduled, Wed 2027-01-20 02:00 EST to Wed 2027-01-20 05:00 EST."
    assert said in page("status").out
    assert page("status", "show", work).out.splitlines() == [
        "Upgrade: scheduled, Wed 2027-01-20 02:00 EST to Wed 2027-01-20 05:00 EST.",
        "Components: portal.",
    ]
    assert page("status", "cancel", work).code == 0
    again = page("status", "cancel", work)
    assert (again.code, again.err) == (1, f"oncall: maintenance {work} is cancelled already\n")


def test_an_incident_from_a_ticket_keeps_the_customers_words_private(page: Oncall) -> None:
    ticket = (
        "--id",
        "T-1",
        "--customer",
        "Acme Ltd",
        "--plan",
        "standard",
        "--impact",
        "urgent",
        "--subject",
        "Secret",
    )
    page("page", *ticket)
    down = opened(page, "--from", "T-1", "--component", "portal=major_outage")
    found = json.loads(page("status", "show", down, "--json").out)
    assert (found["ticket"], found["title"]) == ("T-1", "We are investigating a problem")
    ran = page("status", "open", "x", "--from", "T-9")
    assert (ran.code, ran.err) == (
        1,
        'oncall: no ticket has the id or code "T-9"; `oncall tickets` lists the open ones\n',
    )


def test_the_export_writes_the_page_for_any_host(page: Oncall, tmp_path: Path) -> None:
    opened(page, "Portal down", "--component", "portal=major_outage")
    ran = page("status", "export", tmp_path / "public", "--json")
    files = json.loads(ran.out)["files"]
    assert {"index.html", "feed.atom", "feed.rss", "api/v2/summary.json", "status.css"} <= set(files)
    assert all((tmp_path / "public" / name).exists() for name in files)


def test_an_export_removes_pages_that_are_not_public_any_more(page: Oncall, tmp_path: Path) -> None:
    (tmp_path / "incidents").mkdir()
    private, others = tmp_path / "incidents" / "0123456789ab.html", tmp_path / "about.html"
    for path in (private, others):
        path.write_text("x")
    assert page("status", "export", tmp_path).code == 0
    assert (private.exists(), others.exists()) == (False, True)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (
            ("open", "x", "--component", "portal"),
            2,
            '"portal" is not a component with a state; write portal=major_outage',
        ),
        (
            ("open", "x", "--component", "portal=major_outage", "--component", "portal=operational"),
            2,
            "portal is named twice",
        ),
        (("open", "x", "--component", "portl=major_outage"), 1, 'did you mean "portal"?'),
        (("update", "nope", "--state", "resolved"), 1, 'there is no incident "nope"'),
        (("uptime", "--from", "2027-02-01", "--to", "2027-01-01"), 1, "the end of the window is not after its start"),
        (("show", "nope"), 1, 'there is no incident or maintenance "nope"; `oncall status list` shows them'),
        (("uptime", "--from", "0001-01-01T00:00:00+00:00"), 1, "0001-01-01 is outside the years 1971 to 2198"),
        (("uptime", "--from", "soon", "--to", "2027-01-01"), 2, '"soon" is not a time'),
    ],
)
def test_bad_input_gets_a_sentence(page: Oncall, arguments: tuple[str, ...], code: int, words: str) -> None:
    ran = page("status", *arguments)
    assert ran.code == code
    assert words in ran.err


def test_without_a_status_page_the_command_says_what_to_do(published: Oncall) -> None:
    ran = published("status")
    assert (ran.code, ran.err) == (
        1,
        "oncall: no status page is published; name a status file in the policy (status: status.yaml) and publish a "
        "plan with it\n",
    )


def test_an_incident_from_a_template(page: Oncall) -> None:
    down = opened(page, "--template", "sign-in", "--component", "portal=partial_outage")
    found = json.loads(page("status", "show", down, "--json").out)
    assert (found["title"], found["updates"][0]["message"]) == ("Sign-in is slow", "We are looking into it.")
    other = opened(page, "Sign-in fails", "--template", "sign-in", "--message", "A full disk.")
    found = json.loads(page("status", "show", other, "--json").out)
    assert (found["title"], found["updates"][0]["message"]) == ("Sign-in fails", "A full disk.")
    ran = page("status", "open", "--template", "signin")
    assert (ran.code, ran.err) == (
        1,
        'oncall: there is no template "signin" on the status page; did you mean "sign-in"?\n',
    )


def test_the_terminal_says_how_long_the_page_has_been_silent(page: Oncall, monkeypatch: pytest.MonkeyPatch) -> None:
    down = opened(page, "Portal down", "--component", "portal=major_outage")
    assert page("status").out.endswith(f"\nPortal down ({down}): investigating, last public word just now.\n")
    monkeypatch.setenv("ONCALL_CLOCK", "2027-01-09T03:33:30-05:00")
    assert page("status").out.endswith(f"\nPortal down ({down}): investigating, last public word 21 min ago.\n")


def test_an_export_is_kept_fresh_until_ctrl_c(page: Oncall, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, turns = tmp_path / "public", count()

    def wait(seconds: float) -> None:
        assert seconds == 60
        if next(turns) == 1:
            raise KeyboardInterrupt
        opened(page, "Portal down", "--component", "portal=major_outage")

    def export() -> None:
        assert page("status", "export", folder).code == 0

    repeat(export, every=timedelta(minutes=1), wait=wait)
    assert "Portal down" in (folder / "index.html").read_text()


def test_a_fault_after_the_first_turn_does_not_end_the_work(capsys: pytest.CaptureFixture[str]) -> None:
    turns = iter(["good", "bad", "good"])

    def work() -> None:
        if next(turns) == "bad":
            raise Refused("the database is away")

    def wait(seconds: float) -> None:
        if not seconds:
            raise AssertionError

    with pytest.raises(StopIteration):
        repeat(work, every=timedelta(minutes=1), wait=wait)
    assert capsys.readouterr().err == "oncall: the database is away; the next try is in 60 seconds\n"


def test_an_export_leaves_files_alone_that_stay_the_same(page: Oncall, tmp_path: Path) -> None:
    folder = tmp_path / "public"
    assert page("status", "export", folder).code == 0
    former = {path: path.stat().st_ino for path in folder.rglob("*") if path.is_file()}
    opened(page, "Portal down", "--component", "portal=major_outage")
    assert page("status", "export", folder).code == 0
    same = {path.name for path, number in former.items() if path.stat().st_ino == number}
    assert "status.css" in same and "index.html" not in same


def test_an_export_to_a_folder_that_cannot_be_written_says_so(page: Oncall, tmp_path: Path) -> None:
    (tmp_path / "public").write_text("a file")
    ran = page("status", "export", tmp_path / "public" / "deep")
    assert ran.code == 1
    words = "cannot be written: Not a directory; name a folder that you may write to\n"
    assert ran.err.startswith("oncall: ") and ran.err.endswith(words)


@pytest.mark.parametrize(
    ("every", "words"),
    [
        ("soon", '"soon" is not a length of time; write one like 90s, 15m, 2h or 1d'),
        ("1s", "1s is out of range; write 5s to 1d, like 1m"),
    ],
)
def test_an_export_refuses_a_bad_interval(page: Oncall, tmp_path: Path, every: str, words: str) -> None:
    ran = page("status", "export", tmp_path / "public", "--every", every)
    assert ran.code == 2 and words in ran.err
    assert not (tmp_path / "public").exists()
