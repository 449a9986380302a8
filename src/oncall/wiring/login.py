"""The login that `oncall login` stores in the user's settings folder: a server, a token, and whose token it is."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from oncall.errors import Refused, SettingsError
from oncall.text_files import replace_private_file

_LARGEST = 64 * 1024


@dataclass(frozen=True, slots=True)
class Login:
    """A stored login. name, role: of the token.

    engineer: the id on the roster for which the token acts; None: for nobody.
    """

    server: str
    token: str = field(repr=False)
    name: str
    role: str
    engineer: str | None = None


def login_path() -> Path:
    """Return the path of the file with the login. The file may not exist."""
    from platformdirs import user_config_path

    return user_config_path("oncall", appauthor=False) / "login.json"


def read_login() -> Login | None:
    """Return the stored login; None if there is none. Raises SettingsError for a file that cannot be read."""
    path = login_path()
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise SettingsError(f"{path}: the login cannot be read: {error.strerror or error}") from error
    try:
        kept = json.loads(content)
        login = Login(kept["server"], kept["token"], kept["name"], kept["role"], kept["engineer"])
        fields = [login.server, login.token, login.name, login.role, login.engineer or ""]
        if not all(isinstance(value, str) for value in fields):
            raise ValueError("a field is not text")
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise SettingsError(
            f"{path}: the login is damaged; log in again with `oncall login URL`, or remove it with `oncall logout`"
        ) from error
    return login


def keep_login(login: Login) -> Path:
    """Store the login in a file that only this user can read, and return its path. Raises Refused if that fails."""
    path = login_path()
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise Refused(f"{path.parent}: cannot be made: {error.strerror or error}; nothing was changed") from error
    replace_private_file(path, json.dumps(asdict(login), indent=2).encode())
    return path


def forget_login() -> bool:
    """Delete the login. Returns False if there was none. Raises Refused if the file cannot be deleted."""
    path = login_path()
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise Refused(f"{path}: cannot be removed: {error.strerror or error}") from error
    return True
