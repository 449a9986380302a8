from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from tests.paging.storm import SECOND, high, post_apart
from tests.paging.world import World


@pytest.fixture(autouse=True, scope="package")
def plain_log() -> Iterator[None]:
    """Print tracebacks in the log without colour, because colouring takes longer than the tests."""
    renderer = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[structlog.processors.add_log_level, renderer])
    yield
    structlog.reset_defaults()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Saturday night, 03:12 in New York; ana is primary and ben secondary of every shift; mei is the manager."""
    world = World(tmp_path)
    world.publish()
    yield world
    world.close()


@pytest.fixture
def bundled(world: World) -> World:
    """T-1 has paged ana, and ten seconds later T-2, T-3 and T-4 did so in one message."""
    high(world, "T-1")
    world.expect_page("ana", containing="HIGH T-1 ")
    world.clock.moment += 5 * SECOND
    high(world, "T-2", "T-3", "T-4")
    world.advance(5 * SECOND)
    world.expect_page("ana", containing="HIGH T-2 ")
    return world


@pytest.fixture
def paged_for_one(world: World) -> World:
    """Ana was paged for A-1."""
    post_apart(world, "A-1")
    return world


@pytest.fixture
def paged_for_two(world: World) -> World:
    """Ana was paged for A-1, then for A-2."""
    post_apart(world, "A-1", "A-2")
    return world
