"""Reads the settings of the identity provider, and creates it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from oncall.errors import SettingsError

if TYPE_CHECKING:
    from oncall.identity.openid_provider import OpenIdProvider

ISSUER, CLIENT_ID, CLIENT_SECRET = (
    "ONCALL_OIDC_ISSUER",
    "ONCALL_OIDC_CLIENT_ID",
    "ONCALL_OIDC_CLIENT_SECRET",
)  # the names of variables
MANAGER_GROUP, GROUPS_CLAIM = "ONCALL_OIDC_MANAGER_GROUP", "ONCALL_OIDC_GROUPS_CLAIM"


@dataclass(frozen=True, slots=True)
class IdentitySettings:
    """The settings `ONCALL_OIDC_...`. `repr` shows no secret.

    manager_group: the group whose members count as managers.
    """

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    manager_group: str | None = None
    groups_claim: str = "groups"


def read_identity_settings(found: Mapping[str, str]) -> IdentitySettings | None:
    """Read the settings from an environment; None if no provider is set.

    Raises SettingsError, which names the variable.
    """
    named = {name: found[name] for name in (ISSUER, CLIENT_ID, CLIENT_SECRET) if found.get(name)}
    if not named:
        for name in (MANAGER_GROUP, GROUPS_CLAIM):
            if found.get(name):
                raise SettingsError(f"{name} is set without {ISSUER}; set the identity provider, or unset it")
        return None
    missing = [name for name in (ISSUER, CLIENT_ID, CLIENT_SECRET) if name not in named]
    if missing:
        raise SettingsError(
            f"{missing[0]} is not set; the identity provider needs {ISSUER}, {CLIENT_ID} and {CLIENT_SECRET}"
        )
    for name in (CLIENT_ID, CLIENT_SECRET):
        if not (named[name].isascii() and named[name].isprintable()):
            raise SettingsError(f"{name}: it holds characters that no provider gives out; copy it again")
    return IdentitySettings(
        _issuer(named[ISSUER]),
        named[CLIENT_ID],
        named[CLIENT_SECRET],
        found.get(MANAGER_GROUP) or None,
        found.get(GROUPS_CLAIM) or "groups",
    )


def make_provider(settings: IdentitySettings | None, *, public_url: str) -> OpenIdProvider | None:
    """Create the provider that the settings name; None without settings. public_url: the address of this service."""
    if settings is None:
        return None
    from oncall.identity.openid_provider import OpenIdProvider, ProviderSettings
    from oncall.web.pages.sign_in.provider_routes import BACK

    return OpenIdProvider(
        ProviderSettings(
            settings.issuer,
            settings.client_id,
            settings.client_secret,
            redirect_uri=public_url + BACK,
            start_page=f"{public_url}/login",
            manager_group=settings.manager_group,
            groups_claim=settings.groups_claim,
        )
    )


@asynccontextmanager
async def closed_at_end(provider: OpenIdProvider | None) -> AsyncIterator[None]:
    """Close the connections to the provider when the service stops."""
    try:
        yield
    finally:
        if provider is not None:
            await provider.close()


def _issuer(text: str) -> str:
    from oncall.identity.discovery import is_safe_address

    if not is_safe_address(text, may_be_http=True) or "?" in text:
        found = "the value" if "@" in text else f'"{text[:80]}"'
        raise SettingsError(
            f'{ISSUER}: {found} is not the https address of an issuer; write it like "https://login.example.com/realms/ops"'
        )
    return text
