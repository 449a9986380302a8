"""What holds for every test: the laws are searched without a clock, so that a busy machine fails nothing, and always in
the same places, so that what was green stays green. `make explore` searches where nobody has looked yet."""

from __future__ import annotations

import gc
import os
import signal
import tempfile
from collections.abc import Generator

import pytest
from hypothesis import HealthCheck, settings

from tests.memory_files import folder_for_databases
from tests.slow_tests import listed_tests, without_case

# Everything is said here, as the library's own defaults are other ones where it thinks that it runs in CI.
_ANYWHERE = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    print_blob=True,
    database=None,
    derandomize=True,
)
settings.register_profile("steady", _ANYWHERE)
settings.register_profile("explore", _ANYWHERE, derandomize=False)
settings.load_profile("steady")

# A script that runs the tests in its background has them ignore Ctrl-C, and so would all that they start and interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)

# pytest, and every program that a test starts, makes its folders below this one.
if "TMPDIR" not in os.environ:
    tempfile.tempdir = os.environ["TMPDIR"] = str(folder_for_databases())


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Keep what collection has loaded out of garbage collection.

    Ten thousand tests and their modules live until the end. Each full collection would visit all of them in vain,
    which took about a seventh of the processor time of a short run. Garbage that tests make is collected as before.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.collect()
        gc.freeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests on the list of slow tests, and begin with those that take minutes.

    A process that came to such a test last would run it while the others have nothing left to do.
    """
    for item in items:
        if without_case(item.nodeid) in listed_tests():
            item.add_marker(pytest.mark.slow)
    items.sort(key=lambda item: item.get_closest_marker("longest") is None)
