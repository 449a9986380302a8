"""Planning in a terminal on a server starts from the server's published schedule, and without the server not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Oncall, oncall  # noqa: F401
from tests.paging.world import ROSTER
from tests.web.service import Service

NEXT = ("--start", "2027-01-18", "--weeks", "1")
COMMANDS = [
    ("generate", str(ROSTER), *NEXT),
    ("generate", str(ROSTER), *NEXT, "--json"),
    ("why", "plan.csv", "--roster", str(ROSTER), "--shift", "2027-01-19T19:01", "--role", "primary"),
    ("whatif", str(ROSTER), *NEXT, "--set", "rotation.rest_nights=1"),
]


@pytest.fixture
def plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, oncall: Oncall) -> Path:  # noqa: F811
    """A plan of the week after the published schedule, which was made without it, in the working folder."""
    monkeypatch.chdir(tmp_path)
    made = oncall("generate", ROSTER, *NEXT, "--no-history", "--output", "plan.csv")
    assert made.code == 0, made.err
    return tmp_path / "plan.csv"


def on_server(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONCALL_SERVER", service.address)
    monkeypatch.setenv("ONCALL_TOKEN", "mei")


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: " ".join(command[::3]))
def test_a_plan_continues_the_servers_schedule_as_it_does_the_local_one(
    service: Service,
    monkeypatch: pytest.MonkeyPatch,
    oncall: Oncall,  # noqa: F811
    plan: Path,
    command: tuple[str, ...],
) -> None:
    without = oncall(*command, "--no-history")
    monkeypatch.setenv("ONCALL_DATABASE_URL", f"sqlite:///{service.file}")
    local = oncall(*command)
    monkeypatch.setenv("ONCALL_DATABASE_URL", f"sqlite:///{plan.parent / 'empty.db'}")
    on_server(service, monkeypatch)
    assert oncall(*command) == local
    assert local.code == 0
    assert (local.out, local.err) != (without.out, without.err)
    assert "shifts before the plan" in local.err


def test_the_ledger_shares_the_servers_plans_by_the_rosters_published_with_them(
    service: Service,
    monkeypatch: pytest.MonkeyPatch,
    oncall: Oncall,  # noqa: F811
    tmp_path: Path,
) -> None:
    half = tmp_path / "half.yaml"
    half.write_text(ROSTER.read_text().replace("  - id: ana ", "  - id: ana\n    fte: 0.5 "))
    on_server(service, monkeypatch)
    before, after = (oncall("ledger", "show", "--roster", roster) for roster in (ROSTER, half))
    assert "ana" in before.out
    assert after == before


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: " ".join(command[::3]))
def test_without_the_server_there_is_a_refusal_and_no_plan(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    oncall: Oncall,  # noqa: F811
    plan: Path,
    command: tuple[str, ...],
) -> None:
    folder = tmp_path / "service"
    folder.mkdir()
    with Service(folder) as service:
        on_server(service, monkeypatch)
    output = () if command[0] in ("why", "whatif") else ("--output", "made.csv")
    ran = oncall(*command, *output)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == f"oncall: {service.address} cannot be reached (Connection refused); nothing was changed\n"
    assert not (tmp_path / "made.csv").exists()
