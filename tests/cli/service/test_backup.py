"""`oncall backup`: one command, one private file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Oncall


def test_the_command_prints_what_it_wrote(oncall: Oncall, tmp_path: Path) -> None:
    oncall("migrate")
    target = tmp_path / "copy.db"
    ran = oncall("backup", target)
    assert (ran.code, ran.out, ran.err) == (
        0,
        f"Backed up the database to {target} ({target.stat().st_size:,} bytes).\n",
        "",
    )
    again = oncall("backup", target)
    assert (again.code, again.err) == (
        1,
        f"oncall: {target}: exists already; name another file, or write --force to replace it\n",
    )
    forced = oncall("backup", target, "--force", "--json")
    assert json.loads(forced.out) == {"backup": str(target), "bytes": target.stat().st_size}


def test_a_server_is_not_backed_up_from_a_terminal(
    oncall: Oncall, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ONCALL_SERVER", "http://127.0.0.1:1")
    ran = oncall("backup", tmp_path / "copy.db")
    assert (ran.code, ran.err) == (
        1,
        "oncall: `oncall backup` works on the database itself: unset ONCALL_SERVER, set ONCALL_DATABASE_URL\n",
    )


def test_a_database_whose_mode_is_tightened_says_so_beside_the_answer(oncall: Oncall, tmp_path: Path) -> None:
    oncall("migrate")
    database = tmp_path / "oncall.db"
    database.chmod(0o644)
    ran = oncall("token", "list", "--json")
    assert (json.loads(ran.out), database.stat().st_mode & 0o777) == ({"tokens": []}, 0o600)
