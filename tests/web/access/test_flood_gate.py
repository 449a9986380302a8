"""How many refusals a caller or address may cause before the gate makes them cheap."""

from __future__ import annotations

import pytest

from oncall.web.access.flood_gate import MOST_KEYS, FloodGate, network_of


class Seconds:
    """A clock in seconds that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def gate(seconds: Seconds) -> FloodGate:
    return FloodGate(burst=3, per_second=1, now=seconds)


def test_a_key_floods_after_its_allowance_and_others_do_not(gate: FloodGate) -> None:
    assert [gate.count("a") for _ in range(5)] == [True, True, True, False, False]
    assert (gate.is_flooding("a"), gate.is_flooding("b")) == (True, False)


def test_the_allowance_comes_back_with_time(gate: FloodGate, seconds: Seconds) -> None:
    for _ in range(100):
        gate.count("a")
    seconds.now += 1
    assert [gate.count("a") for _ in range(2)] == [True, False]
    seconds.now += 60
    assert [gate.count("a") for _ in range(4)] == [True, True, True, False]


def test_a_gate_forgets_old_keys_and_keeps_a_bounded_number(gate: FloodGate) -> None:
    for number in range(3 * MOST_KEYS):
        gate.count(str(number))
    last = str(3 * MOST_KEYS - 1)
    assert len(gate._used) <= MOST_KEYS
    assert [gate.count(last) for _ in range(3)] == [True, True, False]


@pytest.mark.parametrize(
    ("source", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::"),
        ("unknown", "unknown"),
    ],
)
def test_ipv6_addresses_are_counted_by_their_network(source: str, network: str) -> None:
    assert network_of(source) == network
