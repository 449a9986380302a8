"""Times in UTC and JSON values are read back exactly as stored, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Column, Engine, Integer, MetaData, Table, create_engine, insert, select
from sqlalchemy.exc import StatementError

from oncall.store.columns import JsonText, UtcDateTime

samples = Table(
    "samples", MetaData(), Column("id", Integer, primary_key=True), Column("at", UtcDateTime), Column("value", JsonText)
)

times = st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
law = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    address = "sqlite://" if url.startswith("sqlite") else url.replace("postgresql://", "postgresql+psycopg://")
    made = create_engine(address)
    samples.metadata.create_all(made)
    yield made
    made.dispose()


def kept(engine: Engine, **values: Any) -> tuple[Any, ...]:
    """Store a row and read it back."""
    with engine.begin() as connection:
        key = connection.execute(insert(samples).values(**values)).inserted_primary_key
        assert key is not None
        return tuple(connection.execute(select(samples.c.at, samples.c.value).where(samples.c.id == key[0])).one())


@law
@given(at=times)
def test_every_utc_time_is_read_back_unchanged(engine: Engine, at: datetime) -> None:
    found = kept(engine, at=at)[0]
    assert found == at
    assert found.tzinfo is UTC


@law
@given(one=times, other=times)
def test_stored_times_sort_and_compare_like_times(engine: Engine, one: datetime, other: datetime) -> None:
    with engine.connect() as connection:
        connection.execute(insert(samples), [{"at": one}, {"at": other}])
        assert list(connection.execute(select(samples.c.at).order_by(samples.c.at)).scalars()) == sorted([one, other])
        before = connection.execute(select(samples.c.at).where(samples.c.at < other)).scalars().all()
        assert list(before) == [at for at in (one, other) if at < other]


@pytest.mark.slow
@law
@given(value=json_values)
def test_every_json_value_is_read_back_unchanged(engine: Engine, value: Any) -> None:
    assert kept(engine, value=value)[1] == value


@pytest.mark.parametrize(
    "zone",
    [None, timezone(timedelta(0), "GMT"), ZoneInfo("Europe/London"), ZoneInfo("America/New_York"), ZoneInfo("UTC")],
)
def test_a_time_without_the_utc_zone_is_refused(engine: Engine, zone: Any) -> None:
    with pytest.raises(StatementError, match=r"a stored time needs datetime\.UTC, got datetime\.datetime"):
        kept(engine, at=datetime(2027, 1, 9, 8, 12, tzinfo=zone))
