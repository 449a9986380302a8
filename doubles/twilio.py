"""A Twilio on loopback: it stores the messages that it gets, fails on request, and calls back with signed posts.

In a test or the demo:   with TwilioDouble() as double: ... double.base_url ... double.messages
As a process:            python -m doubles.twilio --port 0     (its URL is the first line that it prints)
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
import secrets
import threading
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from types import TracebackType
from typing import Any, Self, TypeVar, Unpack

from aiohttp import ClientSession, TCPConnector, web

from doubles.event_loop import turns
from doubles.loopback import bound
from doubles.twilio_account import Account, Refusal, TwilioMessage
from doubles.twilio_callbacks import CallbackRefused, is_loopback
from doubles.twilio_calls import API, TwilioCall
from doubles.twilio_faults import Ending, Fault, Faults, Operation, Request
from doubles.twilio_posts import InboundOptions, SignedPosts
from doubles.twilio_wire import break_off, json_answer, read_request, refused

ACCOUNT_SID = "AC" + "0123456789abcdef" * 2
AUTH_TOKEN = "a-token-of-the-double-and-of-nobody-else"
CONTROL = "/_double/"
PATIENCE_SECONDS = 120.0
"""How long is waited for what must come; only a fault takes so long."""
_ROUNDS_TO_ACCEPT = 5
"""Turns of the event loop within which the loop starts to make an accepted connection."""
_LONGEST_ACCEPT_SECONDS = 1.0
"""How long the double waits at its end for connections that are being made."""

_T = TypeVar("_T")


class TwilioDouble:
    """One account on a port of 127.0.0.1, in a thread of its own; use it as a context manager.

    auto_deliver: report every message as sent and then delivered, `delivery_seconds` (real time) apart. is_trial:
    put the trial accounts' words before every text. Methods may be called from any thread but the double's own;
    `deliver` and `inbound` wait for the webhook, so a test in an event loop calls them with `asyncio.to_thread`.
    """

    def __init__(
        self,
        *,
        account_sid: str = ACCOUNT_SID,
        auth_token: str = AUTH_TOKEN,
        port: int = 0,
        auto_deliver: bool = False,
        delivery_seconds: float = 0.0,
        is_trial: bool = False,
    ) -> None:
        self.account_sid = account_sid
        self.auth_token = auth_token
        self.account = Account(account_sid, auth_token, is_trial)
        self.requests: list[Request] = []
        self.clock_ahead = timedelta(0)
        """How far the `Date` of its answers lies ahead of this machine's clock."""
        self.callbacks_taken = 0
        """How many of the callbacks of `auto_deliver` were answered with 2xx."""
        self.callbacks_lost = 0
        """How many were not, or got no answer."""
        self._faults = Faults()
        self._auto_deliver = auto_deliver
        self._delivery_seconds = delivery_seconds
        self._port = port
        self._news = threading.Condition()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="twilio-double", daemon=True)
        self._deliveries: set[asyncio.Task[None]] = set()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def base_url(self) -> str:
        """The address for requests instead of https://api.twilio.com."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def messages(self) -> list[TwilioMessage]:
        """Every message that was accepted, oldest first."""
        return self.account.messages

    @property
    def calls(self) -> list[TwilioCall]:
        """Every call that was queued, oldest first."""
        return self.account.calls

    def start(self) -> None:
        """Listen. Raises OSError when the port is taken."""
        self._thread.start()
        self._run(self._open())

    def close(self) -> None:
        """Stop everything at once, hanging requests included."""
        self._run(self._shut())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def script(self, *faults: Fault | None, on: Operation = Operation.CREATE) -> None:
        """Set faults for the next requests of this kind, one each; None lets one succeed."""
        self._faults.script(*faults, on=on)

    def rule(
        self, fault: Fault, *, when: Callable[[Request], bool] = lambda _: True, on: Operation = Operation.CREATE
    ) -> None:
        """Add a fault for every matching request, until `clear_faults`."""
        self._faults.rule(fault, when, on)

    def clear_faults(self) -> None:
        """Let every request succeed from now on."""
        self._faults.clear()

    def refuse_connections(self) -> None:
        """Close the port, and every connection that is open."""
        self._run(self._stop_listening())

    def accept_connections(self) -> None:
        """Listen again, on the same port."""
        self._run(self._listen())

    def wait_for_messages(self, count: int, *, timeout_seconds: float = PATIENCE_SECONDS) -> list[TwilioMessage]:
        """Wait until this many messages are accepted. Raises TimeoutError with the present number."""
        with self._news:
            if not self._news.wait_for(lambda: len(self.messages) >= count, timeout_seconds):
                raise TimeoutError(f"{len(self.messages)} of {count} messages after {timeout_seconds} s")
        return list(self.messages)

    def wait_for_calls(self, count: int, *, timeout_seconds: float = PATIENCE_SECONDS) -> list[TwilioCall]:
        """Wait until this many calls are queued. Raises TimeoutError with the present number."""
        with self._news:
            if not self._news.wait_for(lambda: len(self.calls) >= count, timeout_seconds):
                raise TimeoutError(f"{len(self.calls)} of {count} calls after {timeout_seconds} s")
        return list(self.calls)

    def deliver(self, sid: str, status: str, error_code: int | None = None) -> int | None:
        """Change a message's status and post the signed status callback.

        Returns the webhook's HTTP status; None when the message named no callback. Raises NotLoopback, Refusal.
        """
        return self._run(self._posts.deliver(sid, status, error_code))

    def call_status(self, sid: str, status: str) -> int | None:
        """Change a call's status to `ringing`, `busy` or `no-answer` and post the signed status callback.

        Returns its HTTP status; None when the call named no callback. Raises NotLoopback, Refusal.
        """
        return self._run(self._posts.call_status(sid, status))

    def answer(self, sid: str, *keys: str, auth_token: str | None = None, repeats: int = 1) -> list[str]:
        """Pick up a call and press these keys, one for each question; without keys: a voicemail, or a person who does
        not speak. Returns every spoken text. auth_token: signs the keys wrongly. repeats: post each key this many
        times, as a retry would. Raises NotLoopback, Refusal, and CallbackRefused when the webhook does not answer 2xx.
        """
        return self._run(self._posts.answer(sid, keys, auth_token or self.auth_token, repeats))

    def inbound(self, from_: str, body: str, url: str, **how: Unpack[InboundOptions]) -> str | None:
        """Post an SMS of a person, signed. Return the text of the answer; None if it has none.

        Raises NotLoopback, and CallbackRefused when the webhook does not answer 2xx.
        """
        return self._run(self._posts.inbound(from_, body, url, **how))

    def _run(self, work: Coroutine[Any, Any, _T]) -> _T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _open(self) -> None:
        self._closing = asyncio.Event()
        # Twilio posts each callback on a connection of its own, from any number of machines.
        self._session = ClientSession(connector=TCPConnector(force_close=True, limit=0))
        self._posts = SignedPosts(self.account, self.auth_token, self._session)
        self._server = web.Server(self._serve, access_log=None, keepalive_timeout=75.0)
        self._runner = web.ServerRunner(self._server, shutdown_timeout=0.5)
        await self._runner.setup()
        self._place = bound(self._port)
        self._port = self._place.getsockname()[1]
        await self._listen()

    async def _listen(self) -> None:
        self._site = web.SockSite(self._runner, self._place, backlog=512)
        await self._site.start()

    async def _stop_listening(self) -> None:
        await self._site.stop()
        # The port stays ours: nobody who opens or makes a connection meanwhile may be given it.
        self._place = bound(self._port)
        self._cut()

    def _cut(self) -> None:
        for connection in self._server.connections:
            if connection.transport is not None:
                connection.transport.abort()

    async def _shut(self) -> None:
        self._closing.set()
        for task in self._deliveries:
            task.cancel()
        await asyncio.gather(*self._deliveries, return_exceptions=True)
        await self._runner.cleanup()
        # A connection that was just being accepted is made only now that all others are closed, by a task of the loop.
        await turns(_ROUNDS_TO_ACCEPT)
        if accepting := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.wait(accepting, timeout=_LONGEST_ACCEPT_SECONDS)
        self._cut()
        await turns(1)
        self._place.close()
        await self._session.close()

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.path.startswith(CONTROL):
            return await self._control(request)
        seen = await read_request(request)
        self.requests.append(seen)
        if not self._is_authorized(request.headers.get("Authorization", "")):
            return refused(Refusal(401, 20003, "Authenticate"))
        fault = self._faults.next(seen)
        try:
            answer = self._carry_out(seen) if fault is None or fault.accept else json_answer(200, {})
        except Refusal as refusal:
            return refused(refusal)
        answer.headers["Date"] = format_datetime(datetime.now(UTC) + self.clock_ahead, usegmt=True)
        return answer if fault is None else await self._fail(request, fault, answer)

    def _carry_out(self, request: Request) -> web.Response:
        if request.operation is Operation.CREATE:
            message = self.account.create_message(request.form)
            self._announce(message)
            return json_answer(201, message.as_json())
        if request.operation is Operation.CALL:
            call = self.account.create_call(request.form)
            with self._news:
                self._news.notify_all()
            return json_answer(201, call.as_json())
        if request.operation is Operation.CALL_LIST:
            return json_answer(200, self.account.call_page(request.query))
        if request.operation is Operation.LIST:
            return json_answer(200, self.account.list_page(request.query))
        if request.path.startswith(f"{API}{self.account_sid}/"):
            sid = request.path.rpartition("/")[2].removesuffix(".json")
            if request.operation is Operation.CALL_FETCH:
                return json_answer(200, self.account.call(sid).as_json())
            if request.operation is Operation.FETCH:
                return json_answer(200, self.account.message(sid).as_json())
        raise Refusal(404, 20404, f"The requested resource {request.path} was not found")

    def _announce(self, message: TwilioMessage) -> None:
        if self._auto_deliver:
            task = self._loop.create_task(self._report_delivery(message.sid))
            self._deliveries.add(task)
            task.add_done_callback(self._deliveries.discard)
        with self._news:
            self._news.notify_all()

    async def _fail(self, request: web.BaseRequest, fault: Fault, answer: web.Response) -> web.Response:
        if fault.delay_seconds:
            await self._pause(fault.delay_seconds)
        if fault.ending is not Ending.ANSWER and request.transport is not None:
            break_off(request.transport, fault.ending)
            return answer
        if fault.status is None:
            return answer
        headers = {"Retry-After": fault.retry_after} if fault.retry_after is not None else {}
        if fault.raw is not None:
            return web.Response(status=fault.status, text=fault.raw, content_type="text/html", headers=headers)
        body = Refusal(fault.status, fault.code, "As scripted").as_json() if fault.code is not None else {}
        return json_answer(fault.status, body, headers)

    async def _pause(self, seconds: float) -> None:
        """Wait, but no longer than this double runs."""
        try:
            await asyncio.wait_for(self._closing.wait(), seconds)
        except TimeoutError:
            return

    async def _report_delivery(self, sid: str) -> None:
        for status in ("sent", "delivered"):
            await asyncio.sleep(self._delivery_seconds)
            message = self.account.set_status(sid, status, None)
            if message.status_callback and is_loopback(message.status_callback):
                # As with the real one, a callback that fails is lost: whoever needs the state asks for it.
                (answer,) = await asyncio.gather(self._posts.call_back(message), return_exceptions=True)
                is_taken = isinstance(answer, int) and answer in range(200, 300)
                self.callbacks_taken += is_taken
                self.callbacks_lost += not is_taken

    def _is_authorized(self, header: str) -> bool:
        try:
            given = base64.b64decode(header.removeprefix("Basic "), validate=True)
        except binascii.Error:
            return False
        return secrets.compare_digest(given, f"{self.account_sid}:{self.auth_token}".encode())

    async def _control(self, request: web.BaseRequest) -> web.Response:
        """The double's control requests, as JSON, for a demo or a bench in another process."""
        try:
            asked = json.loads(await request.text() or "{}")
            return json_answer(200, await self._controlled(request.path.removeprefix(CONTROL), asked))
        except (KeyError, TypeError, ValueError, CallbackRefused, Refusal) as error:
            return json_answer(400, {"error": f"{type(error).__name__}: {error}"})

    async def _controlled(self, what: str, asked: dict[str, Any]) -> dict[str, Any]:
        if what == "messages":
            return {"messages": [message.as_json() for message in self.messages]}
        if what == "counts":
            callbacks = {"callbacks_taken": self.callbacks_taken, "callbacks_lost": self.callbacks_lost}
            return {"messages": len(self.messages), **callbacks}
        if what == "requests":
            return {"requests": [seen.as_json() for seen in self.requests]}
        if what == "faults":
            times = asked.pop("times", 1)
            self.script(*[Fault(**{**asked, "ending": Ending(asked.get("ending", Ending.ANSWER))})] * times)
            return {}
        if what == "status":
            return {"status": await self._posts.deliver(asked["sid"], asked["status"], asked.get("error_code"))}
        if what == "inbound":
            return {"text": await self._posts.inbound(**asked)}
        raise ValueError(f"{what} is none of messages, counts, requests, faults, status, inbound")


if __name__ == "__main__":
    from doubles.twilio_process import main

    main()
