"""What the terminal says about a server that does not answer, and whether anything may have changed."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from oncall.cli.backends.remote_backend import RemoteBackend
from oncall.errors import StoreUnavailable

ACKNOWLEDGED = {"kind": "acknowledged"}
Answers = Callable[[socket.socket], None]


def mute(connection: socket.socket) -> None:
    """Read the request, and never answer."""
    while connection.recv(65536):
        pass


def broken(connection: socket.socket) -> None:
    """Read the whole request, then close the connection."""
    length = 0
    with connection.makefile("rb") as request:
        while line := request.readline().strip():
            name, _, value = line.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        request.read(length)
    connection.shutdown(socket.SHUT_RDWR)


def proxy(connection: socket.socket) -> None:
    """A proxy whose server is away."""
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 13\r\nConnection: close\r\n\r\n<html></html>")


@pytest.fixture
def server() -> Iterator[Callable[[Answers], str]]:
    """Starts a server with this behaviour, and returns its address."""
    listening = socket.create_server(("127.0.0.1", 0))
    threads: list[threading.Thread] = []

    def start(answers: Answers) -> str:
        def serve() -> None:
            while True:
                try:
                    connection = listening.accept()[0]
                except OSError:
                    return
                with connection:
                    answers(connection)

        threads.append(threading.Thread(target=serve, daemon=True))
        threads[-1].start()
        return f"http://127.0.0.1:{listening.getsockname()[1]}"

    yield start
    listening.shutdown(socket.SHUT_RDWR)
    listening.close()
    # A thread that goes on would slow all later tests of this process.
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()


def refusal(backend: RemoteBackend) -> str:
    with pytest.raises(StoreUnavailable) as refused:
        backend.event("T-1", ACKNOWLEDGED)
    return str(refused.value)


def test_a_server_that_does_not_answer_may_have_acted(server: Callable[[Answers], str]) -> None:
    address = server(mute)
    assert refusal(RemoteBackend(address, "token", patience_seconds=0.2)) == (
        f"{address} gave no answer in 0.2 s: it may have made the change; "
        "look with `oncall tickets` before you try again"
    )


@pytest.mark.parametrize(
    ("path", "command"), [("/v1/schedule/covers", "oncall history"), ("/v1/schedule/swaps/7K2F/accept", "oncall swaps")]
)
def test_a_change_of_the_schedule_is_looked_up_in_the_schedule(
    server: Callable[[Answers], str], path: str, command: str
) -> None:
    with pytest.raises(StoreUnavailable, match=f"look with `{command}` before you try again$"):
        RemoteBackend(server(broken), "token").post(path, {})


def test_a_command_waits_for_a_silent_server_once(server: Callable[[Answers], str]) -> None:
    address = server(mute)
    backend = RemoteBackend(address, "token", patience_seconds=1.2)
    for seconds in ("1.2", "1"):
        with pytest.raises(StoreUnavailable) as refused:
            backend.get("/v1/schedule/swaps")
        assert str(refused.value) == f"{address} gave no answer in {seconds} s; try again"


def test_a_server_that_hangs_up_may_have_acted(server: Callable[[Answers], str]) -> None:
    address = server(broken)
    assert refusal(RemoteBackend(address, "token")) == (
        f"{address} closed the connection before it answered: it may have made the change; "
        "look with `oncall tickets` before you try again"
    )


def test_a_question_to_a_silent_server_can_be_asked_again(server: Callable[[Answers], str]) -> None:
    address = server(mute)
    backend = RemoteBackend(address, "token", patience_seconds=0.2)
    with pytest.raises(StoreUnavailable) as read:
        backend.ticket("T-1")
    with pytest.raises(StoreUnavailable) as explained:
        backend.explain("standard", "high", None)
    assert str(read.value) == str(explained.value) == f"{address} gave no answer in 0.2 s; try again"


def test_a_server_that_cannot_be_reached_has_changed_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
    assert refusal(RemoteBackend(address, "token")) == (
        f"{address} cannot be reached (Connection refused); nothing was changed"
    )


def test_a_proxy_without_its_server_is_reported_by_its_status(server: Callable[[Answers], str]) -> None:
    address = server(proxy)
    assert refusal(RemoteBackend(address, "token")) == (
        f"{address} gave an answer that is not JSON (HTTP 502); is it an oncall server?"
    )


def test_a_read_through_a_proxy_or_without_one_is_the_same(
    server: Callable[[Answers], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    address = server(proxy)
    told = []
    for variable in ("X_PROXY", "HTTP_PROXY"):
        monkeypatch.setenv(variable, address)
        with pytest.raises(StoreUnavailable) as refused:
            RemoteBackend(address, "token").ticket("T-1")
        told.append(str(refused.value))
    assert told == [f"{address} gave an answer that is not JSON (HTTP 502); is it an oncall server?"] * 2


def test_a_read_names_a_host_that_does_not_exist_and_a_certificate_that_does_not_fit(
    server: Callable[[Answers], str],
) -> None:
    with pytest.raises(StoreUnavailable, match=r"^http://oncall\.invalid cannot be reached \("):
        RemoteBackend("http://oncall.invalid", "token").ticket("T-1")
    address = server(proxy).replace("http:", "https:")
    with pytest.raises(StoreUnavailable, match=r"cannot be reached \(.*; nothing was changed$"):
        RemoteBackend(address, "token", patience_seconds=2).ticket("T-1")
