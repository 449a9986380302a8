"""`oncall migrate` copies another database, and its address can stay out of the process list."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from oncall.store.database import migrate, open_store
from oncall.wiring import read_settings
from tests.cli.conftest import Oncall
from tests.store.examples import adding, ticket

AHEAD_OF_ANY_CLOCK = datetime(2190, 1, 1, tzinfo=UTC)


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A database with one ticket."""
    path = tmp_path / "old.db"
    with open_store(f"sqlite:///{path}") as store:
        store.write(adding(ticket("T-1")))
    return path


def test_the_source_may_be_named_in_the_environment(oncall: Oncall, monkeypatch: pytest.MonkeyPatch, old: Path) -> None:
    monkeypatch.setenv("ONCALL_MIGRATE_FROM", f"sqlite:///{old}")
    assert json.loads(oncall("migrate", "--json").out) == {"up_to_date": True, "copied": 1}


def test_the_option_goes_before_the_environment(
    oncall: Oncall, monkeypatch: pytest.MonkeyPatch, old: Path, tmp_path: Path
) -> None:
    monkeypatch.setenv("ONCALL_MIGRATE_FROM", f"sqlite:///{tmp_path / 'nowhere.db'}")
    assert oncall("migrate", "--from", f"sqlite:///{old}").out == "The database is up to date.\nCopied 1 row.\n"


def test_a_source_that_cannot_be_read_is_refused_under_the_name_of_its_setting_without_its_password(
    oncall: Oncall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ONCALL_MIGRATE_FROM", "mysql://ana:s3cret@db/oncall")
    ran = oncall("migrate")
    assert (ran.code, ran.err) == (
        1,
        'oncall: ONCALL_MIGRATE_FROM: "mysql://..." is not a kind of database that oncall supports; '
        'write "sqlite:////absolute/path/oncall.db" or "postgresql://user:password@host/database"\n',
    )
    assert "s3cret" not in repr(read_settings({"ONCALL_MIGRATE_FROM": "postgresql://ana:s3cret@db/oncall"}))


def test_a_source_whose_pager_runs_is_refused_and_nothing_is_copied(oncall: Oncall, old: Path, tmp_path: Path) -> None:
    with open_store(f"sqlite:///{old}") as store:
        store.write(lambda tx: tx.beat("otherhost:7", real_now=AHEAD_OF_ANY_CLOCK, channel="twilio"))
    ran = oncall("migrate", "--from", f"sqlite:///{old}", "--pager-stopped")
    assert (ran.code, ran.err) == (
        1,
        f"oncall: {old}: the pager otherhost:7 runs on it (it last wrote just now); "
        "stop it, wait 30 s, then run this again\n",
    )
    migrate(f"sqlite:///{tmp_path / 'oncall.db'}")
    with open_store(f"sqlite:///{tmp_path / 'oncall.db'}") as store:
        assert store.read(lambda tx: tx.ticket("T-1")) is None
