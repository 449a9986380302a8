"""While a server is away, reads show the last answers that were kept, and say how old they are."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from oncall.cli.backends.kept_answers import MOST_KEPT, KeptAnswers, forget_answers
from oncall.errors import StoreUnavailable
from tests.cli.conftest import Oncall
from tests.paging.world import ticket_body
from tests.web.service import Service

READS = [
    (),
    ("tonight",),
    ("shifts", "ana"),
    ("next", "ben", "--json"),
    ("schedule", "--json"),
    ("schedule", "--from", "2027-01-04", "--to", "2027-01-10"),
    ("calendar", "--month", "2027-01"),
    ("history",),
    ("diff", "1"),
    ("tickets", "--json"),
    ("tickets", "show", "T-1"),
    ("policy", "show"),
    ("report", "sla", "--from", "2027-01-01", "--to", "2027-01-31"),
    # The clock of the server runs, and other reads ask it for the time, too: the last answer is kept.
    ("who", "--json"),
]
NOW = datetime(2027, 1, 9, 8, 12, tzinfo=UTC)


@pytest.fixture
def away(oncall: Oncall, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Oncall, dict[tuple[str, ...], str]]:
    """The terminal after its server went away, and the answer of each read before that."""
    with Service(tmp_path) as service:
        service.post(ticket_body("T-1", impact="low"))
        monkeypatch.setenv("ONCALL_SERVER", service.address)
        monkeypatch.setenv("ONCALL_TOKEN", "ana")
        oncall("doctor")
        answers = {read: oncall(*read).out for read in READS}
    return oncall, answers


def test_every_read_shows_the_last_answer_and_its_age(
    away: tuple[Oncall, dict[tuple[str, ...], str]], tmp_path: Path
) -> None:
    oncall, answers = away
    for read, answer in answers.items():
        ran = oncall(*read)
        assert (ran.code, ran.out) == (0, answer), read
        assert ran.err.endswith(
            "cannot be reached (Connection refused). You see the last answer that was kept, less than a minute old.\n"
        )
        assert ran.err.startswith("WARNING: http://127.0.0.1:")
        assert ran.err.count("WARNING") == 1
    files = list((tmp_path / "cache" / "oncall" / "answers").iterdir())
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


def test_the_answers_of_the_night_come_without_heavy_imports(away: tuple[Oncall, dict[tuple[str, ...], str]]) -> None:
    for line in (["who"], ["next", "ben", "--json"], ["tonight"]):
        script = f"import sys; sys.argv = ['oncall', *{line}]\nfrom oncall.cli.main import main\nmain()\n"
        ran = subprocess.run(
            [sys.executable, "-c", script + "print(*sys.modules)"], capture_output=True, text=True, check=True
        )
        assert "You see the last answer that was kept" in ran.stderr
        loaded = set(ran.stdout.splitlines()[-1].split())
        assert not {"typer", "httpx", "http.client", "ssl", "sqlalchemy", "pydantic", "yaml"} & loaded


def test_what_was_never_asked_changes_or_must_be_fresh_is_refused(
    away: tuple[Oncall, dict[tuple[str, ...], str]],
) -> None:
    oncall, _ = away
    for command in (("who", "--at", "2027-01-05T22:00"), ("ack", "T-1", "--by", "ana"), ("doctor",), ("drill",)):
        ran = oncall(*command)
        assert ran.code == 1, command
        assert ran.err.splitlines()[-1].endswith("cannot be reached (Connection refused); nothing was changed"), command
        assert ran.out == ""


def test_another_token_and_a_logout_find_nothing(
    away: tuple[Oncall, dict[tuple[str, ...], str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    oncall, _ = away
    with monkeypatch.context() as other:
        other.setenv("ONCALL_TOKEN", "mei")
        assert oncall("who").code == 1
    assert oncall("who").code == 0
    oncall("logout")
    assert oncall("who").code == 1


def test_a_damaged_answer_is_named(away: tuple[Oncall, dict[tuple[str, ...], str]], tmp_path: Path) -> None:
    oncall, _ = away
    for path in (tmp_path / "cache" / "oncall" / "answers").iterdir():
        path.write_bytes(b'{"at": 5')
    ran = oncall("who")
    assert ran.code == 1
    assert "cannot be reached (Connection refused); nothing was changed; the answer kept in" in ran.err
    assert ran.err.endswith(".json is damaged\n")


def test_a_server_that_does_not_know_the_token_is_not_away(
    oncall: Oncall, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Service(tmp_path) as service:
        monkeypatch.setenv("ONCALL_SERVER", service.address)
        monkeypatch.setenv("ONCALL_TOKEN", "revoked")
        kept = KeptAnswers(tmp_path / "cache" / "oncall" / "answers", service.address, "revoked", lambda: NOW)
        kept.keep("/v1/oncall", "{}")
        ran = oncall("who")
    assert (ran.code, ran.err) == (1, "oncall: this token is not known; `oncall token create` makes one\n")


def test_the_next_shift_is_found_by_the_time_that_has_passed(
    away: tuple[Oncall, dict[tuple[str, ...], str]], tmp_path: Path
) -> None:
    oncall, answers = away
    before = json.loads(answers["next", "ben", "--json"])
    for path in (tmp_path / "cache" / "oncall" / "answers").iterdir():
        kept = json.loads(path.read_text(encoding="utf-8"))
        kept["at"] = (datetime.fromisoformat(kept["at"]) - timedelta(days=3)).isoformat()
        path.write_text(json.dumps(kept), encoding="utf-8")
    ran = oncall("next", "ben", "--json")
    after = json.loads(ran.out)
    assert "3 days old" in ran.err
    assert before["now"]["end"] <= after["next"]["start"]
    assert after["next"]["start"] > "2027-01-12"


def test_the_oldest_answers_make_room(tmp_path: Path) -> None:
    kept = KeptAnswers(tmp_path, "https://oncall.example.com", "token", lambda: NOW)
    for number in range(MOST_KEPT + 5):
        kept.keep(f"/v1/tickets/{number}", "{}")
    assert len(list(tmp_path.glob("*.json"))) == MOST_KEPT
    assert kept.find(f"/v1/tickets/{MOST_KEPT + 4}") is not None
    forget_answers(tmp_path)
    assert kept.find(f"/v1/tickets/{MOST_KEPT + 4}") is None


def test_a_folder_that_cannot_be_written_keeps_nothing_and_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    kept = KeptAnswers(tmp_path / "file", "https://oncall.example.com", "token", lambda: NOW)
    kept.keep("/v1/oncall", "{}")
    with pytest.raises(StoreUnavailable):
        kept.find("/v1/oncall")
