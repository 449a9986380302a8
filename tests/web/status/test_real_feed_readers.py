"""Debian's newsboat and rss2email read the feeds of the status page from a running service."""

from __future__ import annotations

import email
import email.policy
import mailbox
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.web.service import Service

pytestmark = pytest.mark.system_packages
EVENTS = "/v1/status/events"
TITLES = {"Investigating: Portal <down>", "Identified: Portal <down>", "Maintenance: Upgrade"}


@pytest.fixture(scope="module")
def disturbed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service whose portal is down, with two updates, and whose API is under maintenance."""
    with Service(tmp_path_factory.mktemp("feeds")) as service:
        down = {
            "action": "open",
            "title": "Portal <down>",
            "components": {"portal": "major_outage"},
            "message": "A & B",
        }
        incident = service.post(down, by="mei", path=EVENTS).json()["id"]
        update = {"action": "update", "incident": incident, "state": "identified", "message": "A full disk."}
        assert service.post(update, by="mei", path=EVENTS).status_code == 201
        times = {"start": "2027-01-09T03:00:00-05:00", "end": "2027-01-09T05:00:00-05:00"}
        work = {"action": "announce", "title": "Upgrade", "components": ["api"], **times}
        assert service.post(work, by="mei", path=EVENTS).status_code == 201
        yield service


CONFIG = """[DEFAULT]
from = feeds@example.com
to = ana@example.com
email-protocol = maildir
maildir-path = {folder}/mail
maildir-mailbox = feeds
"""
"""Mails go into a folder, so that no mail server is needed."""


def ran(*command: str, home: Path) -> str:
    """Run a program with a home folder of its own, and return what it printed."""
    found = shutil.which(command[0])
    assert found is not None, f"install Debian's package with {command[0]}"
    environment = {"HOME": str(home), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "TERM": "dumb"}
    done = subprocess.run(
        [found, *command[1:]], env=environment, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.mark.parametrize("form", ["atom", "rss"])
def test_newsboat_reads_each_update_once(disturbed: Service, tmp_path: Path, form: str) -> None:
    urls, cache = tmp_path / "urls", tmp_path / "cache.db"
    urls.write_text(f"{disturbed.address}/status/feed.{form}\n")
    own = ("newsboat", f"--url-file={urls}", f"--cache-file={cache}")
    for _ in range(2):
        ran(*own, "--execute=reload", home=tmp_path)
    assert "3 unread articles" in ran(*own, "--execute=print-unread", home=tmp_path)
    with closing(sqlite3.connect(cache)) as opened:
        assert {title for (title,) in opened.execute("SELECT title FROM rss_item")} == TITLES


@pytest.mark.parametrize("form", ["atom", "rss"])
def test_rss2email_mails_each_update_once(disturbed: Service, tmp_path: Path, form: str) -> None:
    config = tmp_path / "r2e.cfg"
    (tmp_path / "mail").mkdir()
    config.write_text(CONFIG.format(folder=tmp_path))
    own = ("r2e", f"--config={config}", f"--data={tmp_path / 'r2e.json'}")
    ran(*own, "add", "cas", f"{disturbed.address}/status/feed.{form}", home=tmp_path)
    for _ in range(2):
        ran(*own, "run", home=tmp_path)
    box = mailbox.Maildir(tmp_path / "mail" / "feeds", create=False)
    mails = [email.message_from_bytes(box.get_bytes(key), policy=email.policy.default) for key in box.iterkeys()]
    assert sorted(str(each["Subject"]) for each in mails) == sorted(TITLES)
    words = "".join(str(each.get_content()) for each in mails)
    assert "A & B" in words and "A full disk." in words
