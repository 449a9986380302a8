"""One post of a webhook: what counts as accepted, and what a hostile receiver cannot do."""

from __future__ import annotations

import asyncio
import base64
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from oncall.channels.webhook_post import WebhookPost, signing_key
from oncall.errors import DeliveryError, Temporary
from oncall.paging.ports.relay import RelayMessage
from tests.relay.receivers import Receiver

NOW = datetime(2027, 1, 9, 8, 12, tzinfo=UTC)
SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef").decode()
MESSAGE = RelayMessage("msg_1", "webhook:x", "ticket.paged", "T-1", 1, '{"type":"ticket.paged"}', NOW, NOW)


def carried(url: str, secret: str | None = SECRET, *, deadline_seconds: float = 10.0) -> DeliveryError | None:
    """Post the message once, and return why it was not accepted."""

    async def run() -> DeliveryError | None:
        post = WebhookPost(url, secret, variable="ONCALL_WEBHOOK_X", deadline_seconds=deadline_seconds)
        try:
            await post.carry(MESSAGE, real_now=NOW)
        except DeliveryError as error:
            return error
        finally:
            await post.close()
        return None

    return asyncio.run(run())


@pytest.mark.parametrize("status", [200, 202, 204])
def test_every_2xx_is_an_acceptance(status: int) -> None:
    with Receiver(lambda _: status) as receiver:
        assert carried(receiver.url) is None


def test_a_redirect_is_not_followed() -> None:
    with Receiver() as elsewhere, Receiver(lambda _: 307, {"location": elsewhere.url}) as receiver:
        error = carried(receiver.url)
    assert str(error) == "HTTP 307, a redirect; write the address that it leads to"
    assert elsewhere.got == []


def test_a_receiver_that_is_busy_says_when_to_come_again() -> None:
    with Receiver(lambda _: 429, {"retry-after": "90"}) as receiver:
        error = carried(receiver.url)
    assert isinstance(error, Temporary)
    assert (str(error), error.retry_after and error.retry_after.total_seconds()) == ("HTTP 429", 90)


@pytest.fixture
def silent() -> Iterator[str]:
    """The address of a receiver that takes the request and sends its answer a byte at a time."""
    listening = socket.create_server(("127.0.0.1", 0))
    ended = threading.Event()

    def drip() -> None:
        connection, _ = listening.accept()
        with connection:
            while not ended.wait(0.05):
                try:
                    connection.sendall(b"H")
                except OSError:
                    return

    thread = threading.Thread(target=drip, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}/hook?secret=tok-en"
    ended.set()
    thread.join()
    listening.close()


def test_a_receiver_that_drips_is_left_after_the_deadline(silent: str) -> None:
    assert str(carried(silent, deadline_seconds=0.3)) == "no answer within 0.3 s"


def test_no_error_names_the_address() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    assert str(carried(f"http://127.0.0.1:{port}/tok-en")) == "no connection: ConnectError"


@pytest.mark.parametrize(
    ("secret", "words"),
    [
        (None, "ONCALL_WEBHOOK_X is not set, so the message cannot be signed; set it and restart"),
        ("hunter2", "ONCALL_WEBHOOK_X is not a signing secret; write whsec_ and 24 to 64 bytes in base64"),
        (f"{SECRET} nope!", "ONCALL_WEBHOOK_X is not a signing secret; write whsec_ and 24 to 64 bytes in base64"),
    ],
)
def test_a_message_that_cannot_be_signed_is_not_sent(secret: str | None, words: str) -> None:
    with Receiver() as receiver:
        assert str(carried(receiver.url, secret)) == words
    assert receiver.got == []


def test_a_key_needs_sixteen_bytes() -> None:
    assert signing_key(SECRET) == b"0123456789abcdef"
    assert signing_key("whsec_" + base64.b64encode(b"short").decode()) is None
