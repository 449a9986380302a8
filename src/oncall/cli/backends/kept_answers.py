"""Stores the last answers of a server in the user's cache, for times when the server is away."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from oncall.errors import OncallError, StoreUnavailable

MOST_KEPT = 300
LARGEST = 16 * 1024 * 1024
"""The most characters of an answer that is stored; a longer answer is not kept."""


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """An earlier answer. at: when the server gave it (real time, aware UTC)."""

    at: datetime
    text: str


class KeptAnswers:
    """Stores the answers of one server to one token. Each answer is a file that only this user can read.

    folder: with the answers of all servers. now: returns real time, aware UTC.
    """

    def __init__(self, folder: Path, server: str, token: str, now: Callable[[], datetime]) -> None:
        self._folder, self._owner, self.now = folder, f"{server}\n{token}\n", now

    def keep(self, question: str, text: str) -> None:
        """Store the answer to a question. An error of the disk is ignored, so that it stops no command."""
        if len(text) > LARGEST:
            return
        from oncall.text_files import replace_private_file

        path = self._path(question)
        with suppress(OSError, OncallError):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not path.exists():
                self._make_room()
            kept = {"question": question, "at": self.now().isoformat(), "text": text}
            replace_private_file(path, json.dumps(kept).encode())

    def find(self, question: str) -> KeptAnswer | None:
        """Return the stored answer to a question; None if there is none. Raises StoreUnavailable for a damaged file."""
        path = self._path(question)
        try:
            kept = json.loads(path.read_bytes())
            at = datetime.fromisoformat(kept["at"])
            if kept["question"] != question or not isinstance(kept["text"], str) or at.tzinfo is None:
                raise ValueError("a field has a wrong value")
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            raise StoreUnavailable(f"the answer kept in {path} is damaged") from error
        return KeptAnswer(at, kept["text"])

    def _path(self, question: str) -> Path:
        return self._folder / f"{hashlib.sha256((self._owner + question).encode()).hexdigest()[:40]}.json"

    def _make_room(self) -> None:
        """Delete the oldest answers until there is room for a new one."""
        files = sorted(self._folder.glob("*.json"), key=lambda path: path.stat().st_mtime)
        for path in files[: max(0, len(files) + 1 - MOST_KEPT)]:
            path.unlink(missing_ok=True)


def forget_answers(folder: Path) -> None:
    """Delete all kept answers of all servers."""
    with suppress(OSError):
        for path in folder.glob("*.json"):
            path.unlink(missing_ok=True)
