"""Reads the settings of incoming mail, of mapping files, and of the secrets of senders that sign."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from oncall.errors import SettingsError

if TYPE_CHECKING:
    import ssl

SIGNERS = "ONCALL_SIGNING_SECRET_"
"""The prefix of a variable. The sender's name follows in capitals, with `_` for `-`: ONCALL_SIGNING_SECRET_ZENDESK."""
_LISTEN = re.compile(r"(?P<protocol>lmtp:|smtp:)?(?P<host>[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\]):(?P<port>[0-9]{1,5})")


@dataclass(frozen=True, slots=True)
class MailListen:
    """The address on which mail is received. certificate, key: PEM files for STARTTLS; None: it is not offered."""

    host: str
    port: int
    is_lmtp: bool = False
    certificate: Path | None = None
    key: Path | None = None

    def tls(self) -> ssl.SSLContext | None:
        """Return the context for STARTTLS; None if it is not offered.

        Raises SettingsError for files that cannot be used.
        """
        if self.certificate is None:
            return None
        import ssl

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        try:
            context.load_cert_chain(self.certificate, self.key)
        except (OSError, ssl.SSLError) as error:
            raise SettingsError(
                f"ONCALL_SMTP_CERTIFICATE: {self.certificate} and its key cannot be used: {error.strerror or error}; "
                "name a PEM file with the certificate, and the key's in ONCALL_SMTP_KEY"
            ) from error
        return context


@dataclass(frozen=True, slots=True)
class IntakeSettings:
    """The settings `ONCALL_SMTP_LISTEN`, `ONCALL_MAPPINGS` and `ONCALL_SIGNING_SECRET_...`. `repr` shows no secret.

    mappings: the folder of mapping files. signing_secrets: by the sender's name, the present secret first.
    """

    mail: MailListen | None = None
    mappings: Path | None = None
    signing_secrets: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)


def read_intake_settings(found: Mapping[str, str]) -> IntakeSettings:
    """Read the settings from an environment. Raises SettingsError, which names the bad variable."""
    folder = Path(found["ONCALL_MAPPINGS"]) if found.get("ONCALL_MAPPINGS") else None
    if folder is not None and not folder.is_dir():
        raise SettingsError(f'ONCALL_MAPPINGS: "{folder}" is not a folder; name the one with your mapping files')
    secrets = {
        name.removeprefix(SIGNERS).lower().replace("_", "-"): tuple(value.split())
        for name, value in found.items()
        if name.startswith(SIGNERS) and value
    }
    return IntakeSettings(_mail(found), folder, secrets)


def _mail(found: Mapping[str, str]) -> MailListen | None:
    text = found.get("ONCALL_SMTP_LISTEN")
    certificate, key = found.get("ONCALL_SMTP_CERTIFICATE"), found.get("ONCALL_SMTP_KEY")
    if not text:
        return None
    parts = _LISTEN.fullmatch(text)
    if parts is None or int(parts["port"]) > 65535:
        raise SettingsError(
            f'ONCALL_SMTP_LISTEN: "{text[:80]}" is not an address to listen on; '
            'write "127.0.0.1:2525", or "lmtp:127.0.0.1:2525" for LMTP'
        )
    if key and not certificate:
        raise SettingsError("ONCALL_SMTP_KEY is set without ONCALL_SMTP_CERTIFICATE; set both, or neither")
    return MailListen(
        parts["host"].strip("[]"),
        int(parts["port"]),
        parts["protocol"] == "lmtp:",
        Path(certificate) if certificate else None,
        Path(key) if key else None,
    )
