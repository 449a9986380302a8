"""The list of slow tests is made from measured times and names tests that exist."""

from __future__ import annotations

from pathlib import Path

from tests.slow_tests import listed_tests, slow_tests, without_case

REPORT = """
============================== slowest durations ===============================
0.30s call     tests/web/test_a.py::test_slow[case [1] of 2]
0.02s call     tests/web/test_a.py::test_slow[2]
0.09s call     tests/web/test_a.py::test_fast
0.40s setup    tests/web/test_a.py::test_fast
0.05s call     tests/web/test_b.py::TestRooms::test_with_usual_setup
0.10s setup    tests/web/test_b.py::TestRooms::test_with_usual_setup
3 passed in 0.98s
""".splitlines()


def test_a_test_is_slow_by_its_mean_time_and_its_files_usual_setup() -> None:
    assert slow_tests(REPORT) == [
        "tests/web/test_a.py::test_slow",
        "tests/web/test_b.py::TestRooms::test_with_usual_setup",
    ]


def test_a_case_belongs_to_its_test() -> None:
    assert without_case("tests/web/test_a.py::test_slow[case [1] of 2]") == "tests/web/test_a.py::test_slow"


def test_nine_in_ten_listed_tests_exist() -> None:
    sources: dict[str, str] = {}
    missing = []
    for test in listed_tests():
        file, *_, function = test.split("::")
        if file not in sources:
            sources[file] = Path(file).read_text(encoding="utf-8") if Path(file).exists() else ""
        if f"def {function}(" not in sources[file]:
            missing.append(test)
    assert len(missing) <= len(listed_tests()) / 10, sorted(missing)
