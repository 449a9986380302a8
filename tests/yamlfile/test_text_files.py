"""A file that is missing, too large or not UTF-8 is refused with one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from oncall.errors import FileFaults
from oncall.text_files import MIB, read_text


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"team: x\nname: caf\xe9\n", ":2:10: is not UTF-8 (byte 0xe9); save the file as UTF-8"),
        ("é: x\nné: ".encode() + b"\xff", ":2:5: is not UTF-8 (byte 0xff); save the file as UTF-8"),
        ("team: x".encode("utf-16"), ":1:1: is UTF-16, not UTF-8; save the file as UTF-8"),
        (b"a" * (MIB + 1), ": is larger than 1 MiB, the most that is read"),
    ],
)
def test_a_file_that_is_no_text_of_ours_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(content)
    with pytest.raises(FileFaults) as refused:
        read_text(path, most_mib=1)
    assert str(refused.value) == f"{path}{message}"


def test_a_file_that_is_missing_is_named_as_the_user_gave_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileFaults) as refused:
        read_text(Path("rosters/x.yaml"), most_mib=1)
    assert str(refused.value) == "rosters/x.yaml: there is no such file"


def test_a_file_that_is_missing_is_told_with_the_most_similar_one_of_its_folder(tmp_path: Path) -> None:
    (tmp_path / "billing.yaml").write_text("")
    (tmp_path / "plan.csv").write_text("")
    with pytest.raises(FileFaults) as refused:
        read_text(tmp_path / "billing.yml", most_mib=1)
    near = tmp_path / "billing.yaml"
    assert str(refused.value) == f'{tmp_path / "billing.yml"}: there is no such file; did you mean "{near}"?'


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(FileFaults) as refused:
        read_text(tmp_path, most_mib=1)
    assert str(refused.value) == f"{tmp_path}: is a folder; name a file in it"


def test_a_path_that_no_file_can_have_is_refused() -> None:
    with pytest.raises(FileFaults) as refused:
        read_text(Path("a\x00b"), most_mib=1)
    assert str(refused.value) == "a\x00b: cannot be read: embedded null byte"
