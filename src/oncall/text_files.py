"""Reads text files that people or programs wrote, and replaces a file in one step."""

from __future__ import annotations

import secrets
from contextlib import suppress
from itertools import islice
from pathlib import Path

from oncall.errors import Fault, FileFaults, Refused
from oncall.suggestions import nearest

MIB = 1024 * 1024
_MOST_FILES = 1000
"""How many files of a folder are searched for a similar name."""


def read_text(path: Path, *, most_mib: int) -> str:
    """Return the text of a UTF-8 file, without its byte order mark.

    Raises FileFaults if the file is missing, a folder, larger than `most_mib` MiB, or not UTF-8.
    """
    try:
        with path.open("rb") as stream:
            content = stream.read(most_mib * MIB + 1)
    except FileNotFoundError:
        raise _unreadable(path, f"there is no such file{_similar_name(path)}") from None
    except IsADirectoryError:
        raise _unreadable(path, "is a folder; name a file in it") from None
    except (OSError, ValueError) as error:
        raise _unreadable(path, f"cannot be read: {_reason(error)}") from error
    if len(content) > most_mib * MIB:
        raise _unreadable(path, f"is larger than {most_mib} MiB, the most that is read")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileFaults([_not_utf8(path, error)]) from None


def _similar_name(path: Path) -> str:
    """Return `; did you mean "x.yaml"?` for the file of the same folder whose name is most similar; else empty."""
    try:
        names = [each.name for each in islice(path.parent.iterdir(), _MOST_FILES) if each.is_file()]
    except (OSError, ValueError):
        return ""
    near = nearest(path.name, names, likeness=0.8)
    return f'; did you mean "{path.with_name(near)}"?' if near else ""


def file_within(folder: Path, name: str) -> Path | None:
    """Return the path `folder / name` if it lies in the folder, links resolved; None if it lies elsewhere.

    The returned path itself still has its links. The file may be missing.
    """
    path = folder / name
    try:
        inside = path.resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError, ValueError):  # A link that leads to itself, or a character that no path has.
        return None
    return path if inside else None


def _not_utf8(path: Path, error: UnicodeDecodeError) -> Fault:
    content = error.object
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return Fault(str(path), 1, 1, "", "is UTF-16, not UTF-8; save the file as UTF-8")
    # The decoder does not count a byte order mark, and neither does an editor.
    good = content[: error.start].decode("utf-8", "replace")
    message = f"is not UTF-8 (byte 0x{content[error.start]:02x}); save the file as UTF-8"
    return Fault(str(path), *place_of(good, len(good)), "", message)


def place_of(text: str, index: int) -> tuple[int, int]:
    """Return the line and the column, counted from 1, of the character at `index`."""
    before = text[:index]
    return before.count("\n") + 1, index - before.rfind("\n")


def replace_file(path: Path, content: bytes) -> None:
    """Write the file in one step: readers see the old content or the new, never a part. A link keeps its target.

    Raises Refused if the file cannot be written; the old content then stays.
    """
    _replace(path, content, mode=0o666)


def replace_private_file(path: Path, content: bytes) -> None:
    """Write the file as `replace_file` does. Only this user can ever read it (mode 0600)."""
    _replace(path, content, mode=0o600)


def _replace(path: Path, content: bytes, *, mode: int) -> None:
    try:
        target = path.resolve()
        beside = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
        try:
            beside.touch(mode, exist_ok=False)
            beside.write_bytes(content)
            beside.replace(target)
        except BaseException:
            with suppress(OSError):
                beside.unlink()
            raise
    except (OSError, RuntimeError) as error:
        raise Refused(f"{path}: cannot be written: {_reason(error)}; nothing was changed") from error


def _unreadable(path: Path, message: str) -> FileFaults:
    return FileFaults([Fault(str(path), 0, 0, "", message)])


def _reason(error: Exception) -> str:
    return (isinstance(error, OSError) and error.strerror) or str(error)
