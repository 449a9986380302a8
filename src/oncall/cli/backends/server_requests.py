"""Sends requests to a server, raises its refusals as our errors, and uses kept answers while the server is away."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from oncall.cli.backends.http_requests import HttpAnswer, NoAnswer, http_request
from oncall.cli.terminal.output import tell
from oncall.errors import Conflict, NotFound, OncallError, Refused, StoreUnavailable
from oncall.support.wording import rough_span

if TYPE_CHECKING:
    from oncall.cli.backends.kept_answers import KeptAnswers
    from oncall.schedule.schedule_view_types import OnCallView

Published = Any  # type: ignore[explicit-any]  # a server publishes the type of each answer; it is trusted here

TIMEOUT_SECONDS = 15.0
_AFTER_SILENCE = 1.0
"""How many seconds each further read of a command waits after the server did not answer one."""
_QUESTIONS = ("/v1/explain", "/v1/triage", "/v1/intake/explain")
"""The paths of POST requests that change nothing on the server."""
_AWAY = (502, 503, 504)


class ServerRequests:
    """Sends requests to a server with one token.

    patience_seconds: how long (real time) to wait for an answer. is_logged_in: True if the token came from `oncall
    login`. kept: the cache of answers to reads, for times when the server is away; None for no cache.
    """

    def __init__(
        self,
        server: str,
        token: str | None,
        *,
        patience_seconds: float = TIMEOUT_SECONDS,
        is_logged_in: bool = False,
        kept: KeptAnswers | None = None,
    ) -> None:
        if not token:
            raise Refused("ONCALL_SERVER is set but ONCALL_TOKEN is not; `oncall token create` on the server makes one")
        self._server, self._token, self._patience = server, token, patience_seconds
        self._is_logged_in, self._kept = is_logged_in, kept
        self._seen_now: OnCallView | None = None
        self._age = self._now_age = timedelta(0)
        self._is_age_told = self._is_silent = False

    def _call(self, method: str, path: str, body: Mapping[str, object] | None = None) -> Published:
        """Send a request and return the JSON of the answer. While the server is away, a read gets the kept answer."""
        if method != "GET":
            return self._content(self._ask(method, path, body, self._patience))
        try:
            answer = self._ask("GET", path, None, self._patience)
            content = self._content(answer)
        except StoreUnavailable as away:
            found = self._kept_content(path, away)
            if found is None:
                raise
            return found
        self._age = timedelta(0)
        self._keep(path, answer.text)
        return content

    def get(self, path: str) -> Published:
        """Return the JSON of the answer to a read; while the server is away, that of the kept answer."""
        return self._call("GET", path)

    def post(self, path: str, body: Mapping[str, object]) -> Published:
        """Post a body and return the JSON of the answer."""
        return self._call("POST", path, body)

    def _read(self, path: str, seconds: float) -> str:
        """Return the text of the answer to a read; while the server is away, that of the kept answer."""
        try:
            text = self._ask("GET", path, None, seconds).text
        except StoreUnavailable as away:
            found = self._kept_text(path, away)
            if found is None:
                raise
            return found
        self._keep(path, text)
        return text

    def _keep(self, question: str, text: str) -> None:
        if self._kept is not None:
            self._kept.keep(question, text)

    def _kept_content(self, question: str, away: StoreUnavailable) -> Published:
        """Return the JSON of the kept answer to a question. Raises `away` if there is none."""
        text = self._kept_text(question, away)
        return json.loads(text) if text is not None else None

    def _kept_text(self, question: str, away: StoreUnavailable) -> str | None:
        """Return the kept answer to a question, and print its age on stderr; None if none is kept.

        away: why the server cannot answer. Raises StoreUnavailable with both reasons if the kept file is damaged.
        """
        if self._kept is None:
            return None
        try:
            found = self._kept.find(question)
        except StoreUnavailable as damaged:
            raise StoreUnavailable(f"{away}; {damaged}") from away
        if found is None:
            return None
        self._age = max(self._kept.now() - found.at, timedelta(0))
        self._tell_age(away)
        return found.text

    def _tell_age(self, away: StoreUnavailable) -> None:
        """Print on stderr, once for each command, how old the kept answers are."""
        if self._is_age_told:
            return
        self._is_age_told = True
        reason, age = str(away).partition(";")[0], rough_span(self._age)
        tell(f"WARNING: {reason}. You see the last answer that was kept, {age} old.", colour="yellow")

    def _ask(self, method: str, path: str, body: Mapping[str, object] | None, seconds: float) -> HttpAnswer:
        headers = {"Authorization": f"Bearer {self._token}"}
        if self._is_silent and method == "GET":
            seconds = min(seconds, _AFTER_SILENCE)
        try:
            answer = http_request(method, self._server + path, body, headers, seconds)
        except NoAnswer as silence:
            self._is_silent = True
            look = _where_to_look(path) if method != "GET" and path not in _QUESTIONS else None
            raise StoreUnavailable(_silence(self._server, silence, seconds, look)) from silence
        if answer.status_code == 401 and self._is_logged_in:
            detail = _refusal(401, self._content(answer))
            raise Refused(f"{self._server} refused your token: {detail}; then log in: `oncall login {self._server}`")
        if answer.status_code >= 400:
            raise _refusal(answer.status_code, self._content(answer))
        return answer

    def _content(self, answer: HttpAnswer) -> Published:
        try:
            return answer.json()
        except ValueError as error:
            raise StoreUnavailable(
                f"{self._server} gave an answer that is not JSON (HTTP {answer.status_code}); is it an oncall server?"
            ) from error


def _where_to_look(path: str) -> str:
    """Return the command that shows the user whether a change was made. path: of the request that made it."""
    if path.startswith("/v1/schedule/swaps"):
        return "oncall swaps"
    return "oncall history" if path.startswith("/v1/schedule") else "oncall tickets"


def _silence(server: str, silence: NoAnswer, seconds: float, look: str | None) -> str:
    """Return a message that says why the server did not answer, and whether it may have made the change.

    look: the command that shows the change; None for a request that changes nothing.
    """
    if not silence.is_sent:
        return f"{server} cannot be reached ({str(silence) or 'no connection in time'}); nothing was changed"
    words = (
        f"{server} gave no answer in {seconds:g} s"
        if silence.is_late
        else f"{server} closed the connection before it answered"
    )
    if look is None:
        return f"{words}; try again"
    return f"{words}: it may have made the change; look with `{look}` before you try again"


def _refusal(status: int, content: object) -> OncallError:
    """Return the error that a server's problem document stands for. content: the JSON of the document."""
    if not isinstance(content, dict):
        return _error_of(status)(str(content)[:200])
    if content.get("errors"):
        from oncall.paging.actions.field_faults import FieldFault, FieldFaults

        return FieldFaults([FieldFault(str(fault["field"]), str(fault["message"])) for fault in content["errors"]])
    return _error_of(status)(str(content.get("detail", content)))


def _error_of(status: int) -> type[OncallError]:
    return StoreUnavailable if status in _AWAY else {404: NotFound, 409: Conflict}.get(status, Refused)
