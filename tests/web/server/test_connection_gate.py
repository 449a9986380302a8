"""Which connection is closed when there are too many."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from oncall.errors import SettingsError
from oncall.web.server.connection_gate import PROVIDER_SECONDS, ConnectionGate, ConnectionLimits
from oncall.wiring import read_settings
from oncall.wiring.web_service import connection_limits

NO_PROXY = ConnectionLimits(most=4, most_per_source=2, proxies=())


def entered(gate: ConnectionGate[str], *connections: str, address: str) -> list[str | None]:
    """Add connections, and return which connection each displaces; a displaced one closes at once."""
    dropped = []
    for connection in connections:
        gone = gate.enter(connection, address)
        if gone is not None:
            gate.leave(gone)
        dropped.append(gone)
    return dropped


def test_the_connection_that_has_waited_longest_goes_first_in_the_order_in_which_they_began_to_wait() -> None:
    gate: ConnectionGate[str] = ConnectionGate(NO_PROXY)
    addresses = ["10.0.0.1", "10.0.0.1", "10.0.0.2", "10.0.0.2"]
    for connection, address in zip("abcd", addresses, strict=True):
        assert gate.enter(connection, address) is None
    gate.work("a")
    gate.wait("a")  # It has been answered, and waits for its next request behind the others.
    assert entered(gate, "e", "f", "g", address="10.0.0.3") == ["b", "c", "e"]


def test_a_source_at_its_limit_loses_its_own_connections_and_no_other_source_does() -> None:
    gate: ConnectionGate[str] = ConnectionGate(NO_PROXY)
    assert entered(gate, "honest", address="10.0.0.9") == [None]
    assert entered(gate, "a", "b", "c", "d", "e", address="10.0.0.1") == [None, None, "a", "b", "c"]


def test_a_connection_at_work_is_never_named() -> None:
    gate: ConnectionGate[str] = ConnectionGate(NO_PROXY)
    for connection in "abcd":
        entered(gate, connection, address=f"10.0.0.{connection}")
        gate.work(connection)
    assert entered(gate, "e", address="10.0.0.9") == [None]
    gate.wait("b")
    assert entered(gate, "f", address="10.0.0.9") == ["e"]


def test_trusted_proxies_have_the_limit_of_all_connections_only() -> None:
    limits = ConnectionLimits(most=4, most_per_source=1, proxies=(ip_network("10.0.0.0/24"), ip_network("fd00::/8")))
    gate: ConnectionGate[str] = ConnectionGate(limits)
    assert entered(gate, "a", "b", "c", "d", address="10.0.0.7") == [None] * 4
    assert entered(gate, "e", address="fd00::1") == ["a"]
    assert entered(gate, "f", "g", address="10.0.1.7") == ["b", "f"]


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("2001:db8::1", "2001:db8::ffff:2", True),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", False),
        ("::ffff:10.0.0.1", "10.0.0.1", True),
        ("fe80::1%eth0", "fe80::2%eth0", True),
        ("", "", True),
    ],
)
def test_addresses_of_one_site_are_one_source(one: str, other: str, is_same: bool) -> None:
    gate: ConnectionGate[str] = ConnectionGate(ConnectionLimits(most=9, most_per_source=1, proxies=()))
    gate.enter("a", one)
    assert gate.enter("b", other) == ("a" if is_same else None)


def test_a_source_whose_connections_are_closed_may_open_as_many_again() -> None:
    gate: ConnectionGate[str] = ConnectionGate(NO_PROXY)
    for _ in range(3):
        assert entered(gate, "a", "b", address="10.0.0.1") == [None, None]
        for connection in "ab":
            gate.leave(connection)
            gate.leave(connection)
            gate.wait(connection)  # What the loop still had to report of it changes nothing.


@pytest.mark.parametrize(
    ("open_files", "environment", "expected"),
    [
        (65_536, {}, (2000, 500)),
        (1_024, {}, (824, 206)),
        (256, {}, (128, 32)),
        (65_536, {"ONCALL_CONNECTIONS": "4000"}, (4000, 1000)),
        (65_536, {"ONCALL_CONNECTIONS": "300", "ONCALL_CONNECTIONS_PER_SOURCE": "20"}, (300, 20)),
    ],
)
def test_the_settings_and_the_machine_give_the_limits(
    open_files: int, environment: dict[str, str], expected: tuple[int, int]
) -> None:
    limits = connection_limits(read_settings(environment), open_files=open_files)
    assert (limits.most, limits.most_per_source) == expected


@pytest.mark.parametrize(
    ("text", "networks"),
    [
        ("", ["127.0.0.0/8", "::1/128"]),
        ("none", []),
        ("10.0.0.7, 10.1.0.0/24,fd00::/8", ["10.0.0.7/32", "10.1.0.0/24", "fd00::/8"]),
    ],
)
def test_the_settings_name_the_trusted_proxies(text: str, networks: list[str]) -> None:
    settings = read_settings({"ONCALL_TRUSTED_PROXIES": text})
    assert [str(network) for network in settings.trusted_proxies] == networks


@pytest.mark.parametrize("text", ["10.0.0.300", "proxy.example.com", "10.0.0.1/8", "10.0.0.1,", "all"])
def test_a_proxy_that_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(SettingsError) as refused:
        read_settings({"ONCALL_TRUSTED_PROXIES": text})
    assert str(refused.value) == (
        f'ONCALL_TRUSTED_PROXIES: "{text}" is not a list of addresses and networks; '
        'write "10.0.0.7, 10.1.0.0/24", or "none" if there is no proxy'
    )


@pytest.mark.parametrize("name", ["ONCALL_CONNECTIONS", "ONCALL_CONNECTIONS_PER_SOURCE"])
@pytest.mark.parametrize("text", ["0", "-1", "many", "1.5", "99999999", "²"])
def test_a_limit_that_is_no_number_is_refused(name: str, text: str) -> None:
    with pytest.raises(SettingsError) as refused:
        read_settings({name: text})
    assert str(refused.value) == f'{name}: "{text}" is not a number of connections; write a whole number, like "2000"'


@pytest.mark.parametrize(("text", "believed"), [("", 0), ("none", 0), ("10.0.0.7", 1), ("127.0.0.1, 10.0.0.0/24", 2)])
def test_the_forwarded_address_is_believed_only_from_proxies_that_are_named(text: str, believed: int) -> None:
    assert len(read_settings({"ONCALL_TRUSTED_PROXIES": text}).forwarding_proxies) == believed


def test_the_provider_may_have_three_quarters_of_all_connections_for_ten_minutes_after_a_signed_callback() -> None:
    now = 0.0
    limits = ConnectionLimits(most=8, most_per_source=2, proxies=())
    gate: ConnectionGate[str] = ConnectionGate(limits, monotonic=lambda: now)
    assert entered(gate, "a", "b", address="10.0.0.1") == [None, None]
    gate.prove("a")
    assert entered(gate, "c", "d", "e", "f", "g", address="10.0.0.1") == [None] * 4 + ["a"]
    assert entered(gate, "x", "y", "z", address="10.0.0.2") == [None, None, "x"]
    now = PROVIDER_SECONDS
    assert entered(gate, "h", address="10.0.0.1") == ["b"]


def test_a_limit_of_one_source_above_the_providers_share_holds_for_the_provider_too() -> None:
    assert ConnectionLimits(most=8, most_per_source=7).most_per_provider == 7


def test_a_callback_through_a_trusted_proxy_or_on_a_closed_connection_proves_no_source() -> None:
    gate: ConnectionGate[str] = ConnectionGate(ConnectionLimits(most=8, most_per_source=1, proxies=()))
    gate.enter("a", "10.0.0.1")
    gate.leave("a")
    gate.prove("a")
    assert entered(gate, "b", "c", address="10.0.0.1") == [None, "b"]
