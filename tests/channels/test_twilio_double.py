"""The double of Twilio: what the tests, the benches and the demo rely on."""

from __future__ import annotations

import asyncio
import json
import queue
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl
from urllib.request import Request as Post
from urllib.request import urlopen

import pytest

from doubles.twilio import PATIENCE_SECONDS, TwilioDouble
from doubles.twilio_account import Refusal, segments
from doubles.twilio_callbacks import CallbackRefused, NotLoopback, is_loopback
from doubles.twilio_faults import refuse
from doubles.twilio_posts import NUMBER
from oncall.channels.twilio_webhooks import parse_inbound, parse_status, reply_twiml, verify
from oncall.errors import Permanent, Temporary
from oncall.paging.domain.ticket import AttemptStatus
from tests.channels.conftest import BODY, PHONE, channel_to, page, send, using

ROOT = Path(__file__).parents[2]


@dataclass
class Webhook:
    """A service that Twilio calls back. It keeps every post and gives the answer that the test sets."""

    url: str
    posts: queue.Queue[tuple[str, dict[str, str], str | None]]
    status: int = 200
    answer: str = ""

    def next_post(self) -> tuple[str, dict[str, str], str | None]:
        return self.posts.get(timeout=PATIENCE_SECONDS)


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            text = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = dict(parse_qsl(text, keep_blank_values=True))
            told.posts.put((self.path, form, self.headers["X-Twilio-Signature"]))
            self.send_response(told.status)
            self.send_header("Content-Length", str(len(told.answer)))
            self.end_headers()
            self.wfile.write(told.answer.encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        told = Webhook(f"http://127.0.0.1:{server.server_port}", queue.Queue())
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield told
        server.shutdown()
        thread.join()


def test_a_status_callback_arrives_signed_with_our_delivery_id(double: TwilioDouble, webhook: Webhook) -> None:
    sid = send(channel_to(double, callback=webhook.url)).provider_id
    assert double.deliver(sid, "undelivered", 30003) == 200
    path, form, signature = webhook.next_post()
    assert path == "/webhooks/twilio/status?delivery=d-1"
    assert verify(path, form, signature, [double.auth_token], webhook.url)
    report = parse_status(form, delivery="d-1")
    assert (report.receipt.provider_id, report.receipt.status) == (sid, AttemptStatus.UNDELIVERED)
    assert (report.receipt.error_code, report.delivery) == (30003, "d-1")


def test_messages_are_delivered_automatically_on_request(webhook: Webhook) -> None:
    with TwilioDouble(auto_deliver=True) as double:
        send(channel_to(double, callback=webhook.url))
        states = [webhook.next_post()[1]["MessageStatus"] for _ in range(2)]
    assert states == ["sent", "delivered"]
    assert double.messages[0].date_sent is not None


def test_a_message_without_a_callback_is_delivered_without_one(double: TwilioDouble) -> None:
    assert double.deliver(send(channel_to(double)).provider_id, "delivered") is None
    assert double.messages[0].status == "delivered"


def test_a_reply_arrives_signed_and_its_answer_comes_back(double: TwilioDouble, webhook: Webhook) -> None:
    webhook.answer = reply_twiml("T-1042 is yours.")
    url = f"{webhook.url}/webhooks/twilio/sms"
    assert double.inbound(PHONE, "ack 7k2", url) == "T-1042 is yours."
    path, form, signature = webhook.next_post()
    assert verify(path, form, signature, [double.auth_token], webhook.url)
    assert form["FromCity"] == ""
    sms = parse_inbound(form)
    assert (sms.from_number, sms.to_number, sms.body) == (PHONE, NUMBER, "ack 7k2")


def test_an_empty_answer_has_no_text(double: TwilioDouble, webhook: Webhook) -> None:
    webhook.answer = reply_twiml(None)
    assert double.inbound(PHONE, "hello", webhook.url + "/sms") is None


def test_a_reply_can_be_repeated_or_signed_for_another_address_or_with_another_token(
    double: TwilioDouble, webhook: Webhook
) -> None:
    webhook.answer = reply_twiml(None)
    sid, public = "SM" + "1" * 32, "https://oncall.example.com"
    double.inbound(PHONE, "ack", webhook.url + "/sms", sid=sid, signed_for=public + "/sms")
    path, form, signature = webhook.next_post()
    assert form["MessageSid"] == sid
    assert verify(path, form, signature, [double.auth_token], public)
    double.inbound(PHONE, "ack", webhook.url + "/sms", auth_token="somebody else's")
    path, form, signature = webhook.next_post()
    assert not verify(path, form, signature, [double.auth_token], webhook.url)


def test_a_webhook_that_refuses_raises_an_error(double: TwilioDouble, webhook: Webhook) -> None:
    webhook.status, webhook.answer = 403, "no"
    with pytest.raises(CallbackRefused) as caught:
        double.inbound(PHONE, "ack", webhook.url + "/sms")
    assert str(caught.value) == "the webhook answered HTTP 403: no"


def test_stop_blocks_and_start_unblocks(double: TwilioDouble, webhook: Webhook) -> None:
    webhook.answer = reply_twiml(None)
    double.inbound(PHONE, "Stop", webhook.url)
    with pytest.raises(Permanent):
        send(channel_to(double))
    double.inbound(PHONE, "START", webhook.url)
    assert send(channel_to(double)).provider_id == double.messages[0].sid


@pytest.mark.parametrize("url", ["https://example.com/x", "http://10.0.0.1/", "http://localhost.example.com/", "x"])
def test_the_double_posts_to_no_other_machine(double: TwilioDouble, url: str) -> None:
    with pytest.raises(NotLoopback):
        double.inbound(PHONE, "ack", url)
    sid = send(channel_to(double, callback="https://oncall.example.com")).provider_id
    with pytest.raises(NotLoopback):
        double.deliver(sid, "sent")


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/", "http://127.9.9.9/", "http://[::1]:80/", "http://localhost/"])
def test_loopback_addresses_are_recognised(url: str) -> None:
    assert is_loopback(url)


def test_an_outage_ends_and_the_same_channel_sends_again(double: TwilioDouble) -> None:
    channel = channel_to(double)

    async def story() -> None:
        await channel.send(page())
        await asyncio.to_thread(double.refuse_connections)
        with pytest.raises(Temporary):
            await channel.send(page())
        await asyncio.to_thread(double.accept_connections)
        await channel.send(page())

    using(channel, story)
    assert len(double.messages) == 2


def test_a_rule_applies_to_one_number_until_it_is_cleared(double: TwilioDouble) -> None:
    double.rule(refuse(429), when=lambda request: request.form["To"] == PHONE)
    send(channel_to(double), page(phone="+13055550102"))
    with pytest.raises(Temporary):
        send(channel_to(double))
    double.clear_faults()
    send(channel_to(double))
    assert [message.to for message in double.messages] == ["+13055550102", PHONE]


def test_a_script_may_let_one_request_through(double: TwilioDouble) -> None:
    double.script(None, refuse(429))
    send(channel_to(double))
    with pytest.raises(Temporary):
        send(channel_to(double))


def test_every_request_is_kept_with_its_times(double: TwilioDouble) -> None:
    send(channel_to(double))
    send(channel_to(double))
    first, second = double.requests
    assert first.monotonic < second.monotonic
    assert timedelta(0) < second.at - first.at < timedelta(seconds=PATIENCE_SECONDS)
    assert double.auth_token not in repr(double.requests)


def test_waiting_for_messages_ends_when_they_are_there_or_reports_how_many_came(double: TwilioDouble) -> None:
    send(channel_to(double))
    assert double.wait_for_messages(1) == double.messages
    with pytest.raises(TimeoutError, match=r"1 of 2 messages after 0\.01 s"):
        double.wait_for_messages(2, timeout_seconds=0.01)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"To": ""}, 21604),
        ({"Body": ""}, 21602),
        ({"Body": "x" * 1601}, 21617),
        ({"From": ""}, 21603),
        ({"From": "ana"}, 21212),
        ({"From": "+15005550007"}, 21606),
        ({"To": "305-555"}, 21211),
        ({"MessagingServiceSid": "MG1"}, 21705),
        ({"StatusCallback": "ftp://example.com"}, 21609),
        ({"ValidityPeriod": "0"}, 20001),
    ],
)
def test_a_bad_form_is_refused_as_twilio_refuses_it(double: TwilioDouble, change: dict[str, str], code: int) -> None:
    with pytest.raises(Refusal) as caught:
        double.account.create_message({"To": PHONE, "From": NUMBER, "Body": BODY, **change})
    assert caught.value.as_json() == {
        "code": code,
        "message": caught.value.message,
        "more_info": f"https://www.twilio.com/docs/errors/{code}",
        "status": 400,
    }


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({}, 21201),
        ({"To": PHONE}, 21213),
        ({"To": "ana", "From": NUMBER}, 21211),
        ({"To": PHONE, "From": NUMBER}, 21205),
    ],
)
def test_a_bad_call_is_refused_as_twilio_refuses_it(double: TwilioDouble, form: dict[str, str], code: int) -> None:
    with pytest.raises(Refusal) as caught:
        double.account.create_call(form)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("body", "parts"),
    [("x" * 160, 1), ("x" * 161, 2), ("x" * 306, 2), ("€" * 81, 2), ("\u201c" * 70, 1), ("😀" * 36, 2)],
)
def test_segments_are_counted_as_carriers_count_them(body: str, parts: int) -> None:
    assert segments(body) == parts


def _one_read(double: TwilioDouble, connection: socket.socket, path: str) -> bytes:
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: twilio\r\n\r\n".encode())
    return connection.recv(65536)


def test_each_answer_comes_in_one_segment_on_a_connection_that_stays(double: TwilioDouble) -> None:
    port = int(double.base_url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS) as connection:
        for _ in range(3):
            head, _, body = _one_read(double, connection, "/2010-04-01/Accounts/AC1/Messages.json").partition(
                b"\r\n\r\n"
            )
            assert head.startswith(b"HTTP/1.1 401 ")
            assert json.loads(body)["code"] == 20003


def _control(base_url: str, what: str, **asked: Any) -> dict[str, Any]:
    with urlopen(Post(f"{base_url}/_double/{what}", json.dumps(asked).encode()), timeout=PATIENCE_SECONDS) as answer:
        said: dict[str, Any] = json.loads(answer.read())
        return said


@pytest.fixture
def process_url() -> Iterator[str]:
    command = [sys.executable, "-m", "doubles.twilio", "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
            process.send_signal(signal.SIGINT)
            assert process.wait(PATIENCE_SECONDS) == 0
        finally:
            process.kill()


def test_the_double_runs_as_a_process_with_a_control_interface(
    double: TwilioDouble, webhook: Webhook, process_url: str
) -> None:
    webhook.answer = reply_twiml("yours")
    _control(process_url, "faults", status=429, code=20429)
    with pytest.raises(Temporary):
        send(channel_to(double, base_url=process_url))
    sid = send(channel_to(double, base_url=process_url, callback=webhook.url)).provider_id
    assert [message["sid"] for message in _control(process_url, "messages")["messages"]] == [sid]
    assert len(_control(process_url, "requests")["requests"]) == 2
    assert _control(process_url, "status", sid=sid, status="delivered") == {"status": 200}
    assert _control(process_url, "inbound", from_=PHONE, body="ack", url=webhook.url) == {"text": "yours"}
