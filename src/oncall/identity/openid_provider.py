"""Sign-in at one OpenID Connect provider, by authorization code and PKCE. Authlib builds and checks the messages."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime

from oncall.errors import IdentityAway, IdentityError
from oncall.identity.bounded_http import BoundedHttp
from oncall.identity.discovery import WHAT, Discovery, read_discovery
from oncall.identity.id_token import email_of, is_in_group, is_verified, read_id_token
from oncall.paging.ports.identity_provider import Identity, Secrets

SCOPES = "openid email profile"
MOST_AT_ONCE = 8
"""The most sign-in steps at one time. Further ones are refused at once, so that a slow provider delays few requests."""
KEPT_SECONDS = 600.0
"""How many seconds (real time) a discovery document is cached."""
WHOLE_SECONDS = 15.0
"""The time limit (real seconds) for all requests of one sign-in step together."""
_WELL_KNOWN = "/.well-known/openid-configuration"


@dataclass(frozen=True, slots=True)
class ProviderSettings:
    """The operator's settings for the provider. `repr` shows no secret.

    redirect_uri, start_page: addresses of this server.
    manager_group: members of this group are managers on the web pages; None: only the roster's manager is one.
    """

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    redirect_uri: str
    start_page: str
    manager_group: str | None = None
    groups_claim: str = "groups"


class OpenIdProvider:
    """The OpenID Connect provider, as `paging.ports.IdentityProvider`.

    Use it from one event loop and close it at the end.
    monotonic: returns the seconds of a clock that never goes back.
    """

    def __init__(
        self,
        settings: ProviderSettings,
        http: BoundedHttp | None = None,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        whole_seconds: float = WHOLE_SECONDS,
    ) -> None:
        self._settings, self._monotonic, self._whole_seconds = settings, monotonic, whole_seconds
        self._http = http if http is not None else BoundedHttp()
        self._kept: tuple[float, Discovery] | None = None
        self._in_progress = 0

    async def address(self, secrets: Secrets) -> str:
        """Return the provider's address to which the browser goes to sign in. Raises IdentityError."""
        from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
        from authlib.oauth2.rfc7636 import create_s256_code_challenge

        async with self._bounded():
            discovery = await self._discovery()
        address = prepare_grant_uri(
            discovery.authorization,
            client_id=self._settings.client_id,
            response_type="code",
            redirect_uri=self._settings.redirect_uri,
            scope=SCOPES,
            state=secrets.state,
            nonce=secrets.nonce,
            code_challenge=create_s256_code_challenge(secrets.verifier),
            code_challenge_method="S256",
        )
        return str(address)

    async def identity(
        self, code: str, issuer: str | None, *, nonce: str, verifier: str, real_now: datetime
    ) -> Identity:
        """Exchange the authorization code that the browser brought back for the person's identity.

        Raises IdentityError.
        issuer: the issuer that came with the code, if any. real_now: aware UTC.
        """
        async with self._bounded():
            discovery = await self._discovery()
            if issuer != discovery.issuer and (issuer is not None or discovery.names_issuer):
                raise IdentityError("the answer comes from another identity provider, so nobody was signed in")
            tokens = await self._tokens(discovery, code, verifier)
            # The keys are fetched for each sign-in: one that the provider has replaced is trusted no longer.
            keys = await self._http.get(discovery.keys, "its keys")
            access_token = tokens.get("access_token")
            bearer = access_token if isinstance(access_token, str) else None
            claims = read_id_token(
                tokens.get("id_token"),
                keys,
                discovery,
                client_id=self._settings.client_id,
                nonce=nonce,
                access_token=bearer,
                real_now=real_now,
            )
            claims = await self._completed(claims, discovery, bearer)
        manages = is_in_group(claims, self._settings.groups_claim, self._settings.manager_group)
        return Identity(email_of(claims), is_verified(claims), manages, str(tokens["id_token"]))

    async def farewell(self, id_token: str) -> str | None:
        """Return the provider's address that ends the session there as well; None if the provider has none."""
        from authlib.common.urls import add_params_to_uri

        async with self._bounded():
            discovery = await self._discovery()
        if discovery.end_session is None:
            return None
        params = [
            ("id_token_hint", id_token),
            ("client_id", self._settings.client_id),
            ("post_logout_redirect_uri", self._settings.start_page),
        ]
        return str(add_params_to_uri(discovery.end_session, params))

    async def probe(self) -> None:
        """Fetch the discovery document and the keys. Raises IdentityError if no one could sign in now."""
        async with self._bounded():
            discovery = await self._fetch_discovery()
            await self._http.get(discovery.keys, "its keys")

    async def close(self) -> None:
        """Close the connections."""
        await self._http.close()

    @asynccontextmanager
    async def _bounded(self) -> AsyncIterator[None]:
        """Allow at most MOST_AT_ONCE blocks at a time, each for a limited time.

        Raises IdentityAway beyond either limit.
        """
        if self._in_progress >= MOST_AT_ONCE:
            raise IdentityAway("too many people sign in at the same time; wait a moment")
        self._in_progress += 1
        try:
            async with asyncio.timeout(self._whole_seconds):
                yield
        except TimeoutError as error:
            raise IdentityAway(f"the identity provider did not answer within {self._whole_seconds:g} s") from error
        finally:
            self._in_progress -= 1

    async def _discovery(self) -> Discovery:
        if self._kept is None or self._monotonic() - self._kept[0] >= KEPT_SECONDS:
            self._kept = self._monotonic(), await self._fetch_discovery()
        return self._kept[1]

    async def _fetch_discovery(self) -> Discovery:
        issuer = self._settings.issuer
        return read_discovery(await self._http.get(issuer.rstrip("/") + _WELL_KNOWN, WHAT), issuer)

    async def _tokens(self, discovery: Discovery, code: str, verifier: str) -> dict[str, object]:
        from authlib.oauth2.auth import ClientAuth
        from authlib.oauth2.rfc6749.parameters import prepare_token_request

        body = prepare_token_request(
            "authorization_code", redirect_uri=self._settings.redirect_uri, code=code, code_verifier=verifier
        )
        method = "client_secret_post" if discovery.posts_secret else "client_secret_basic"
        auth = ClientAuth(self._settings.client_id, self._settings.client_secret, method)
        _, headers, body = auth.prepare("POST", discovery.token, {}, body)
        return await self._http.post(discovery.token, body, "the sign-in's code", headers)

    async def _completed(
        self, claims: dict[str, object], discovery: Discovery, bearer: str | None
    ) -> dict[str, object]:
        """Return the claims; if they have no e-mail address, together with those that the userinfo endpoint gives.

        Raises IdentityError if that endpoint answers about another person.
        """
        if email_of(claims) or discovery.userinfo is None or bearer is None:
            return claims
        more = await self._http.get(discovery.userinfo, "the person's claims", bearer=bearer)
        if more.get("sub") != claims.get("sub"):
            raise IdentityError("the identity provider's answers are about two people, so nobody was signed in")
        return {**more, **claims}
