"""The discovery document of an identity provider: the addresses of its endpoints, and the features it supports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from oncall.errors import IdentityError

WHAT = "the discovery document"
SIGNATURES = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
"""The signature algorithms that are trusted: those with a public key. `none` and those with a shared secret are not."""
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_LONGEST_ADDRESS = 2_000


@dataclass(frozen=True, slots=True)
class Discovery:
    """The checked discovery document of one provider.

    algorithms: the trusted ones that it offers to sign ID tokens with.
    """

    issuer: str
    authorization: str
    token: str
    keys: str
    userinfo: str | None
    end_session: str | None
    algorithms: tuple[str, ...]
    posts_secret: bool
    """Send the client's secret in the body: the provider does not accept it in a header."""
    names_issuer: bool
    """The provider names its issuer in the answers that the browser brings back (RFC 9207)."""


def read_discovery(document: Mapping[str, object], issuer: str) -> Discovery:
    """Check a discovery document and return its content. Raises IdentityError.

    issuer: the issuer in the operator's settings; the document must name the same one.
    """
    named = document.get("issuer")
    if not isinstance(named, str) or named.rstrip("/") != issuer.rstrip("/"):
        raise IdentityError(
            "the identity provider names another issuer than ONCALL_OIDC_ISSUER; an operator must correct one of them"
        )
    offered = _texts(document, "id_token_signing_alg_values_supported") or ["RS256"]
    algorithms = tuple(name for name in SIGNATURES if name in offered)
    if not algorithms:
        raise IdentityError("the identity provider signs with no algorithm that can be trusted; RS256 is one")
    methods = _texts(document, "token_endpoint_auth_methods_supported")
    return Discovery(
        issuer=named,
        authorization=_endpoint(document, "authorization_endpoint", issuer),
        token=_endpoint(document, "token_endpoint", issuer),
        keys=_endpoint(document, "jwks_uri", issuer),
        userinfo=_optional_endpoint(document, "userinfo_endpoint", issuer),
        end_session=_optional_endpoint(document, "end_session_endpoint", issuer),
        algorithms=algorithms,
        posts_secret="client_secret_post" in methods and "client_secret_basic" not in methods,
        names_issuer=document.get("authorization_response_iss_parameter_supported") is True,
    )


def is_safe_address(text: str, *, may_be_http: bool) -> bool:
    """Return True for an https address without a user name. may_be_http: http is allowed too, for this machine only."""
    try:
        parts = urlsplit(text)
        host = parts.hostname
    except ValueError:
        return False
    if not host or "@" in parts.netloc or not text.isprintable() or " " in text or parts.fragment:
        return False
    return parts.scheme == "https" or (may_be_http and parts.scheme == "http" and host in _LOOPBACK)


def _endpoint(document: Mapping[str, object], name: str, issuer: str) -> str:
    found = _optional_endpoint(document, name, issuer)
    if found is None:
        raise IdentityError(f"the identity provider's discovery document has no {name}")
    return found


def _optional_endpoint(document: Mapping[str, object], name: str, issuer: str) -> str | None:
    found = document.get(name)
    if found is None:
        return None
    is_address = isinstance(found, str) and len(found) <= _LONGEST_ADDRESS
    if not is_address or not is_safe_address(str(found), may_be_http=issuer.startswith("http://")):
        raise IdentityError(f"the identity provider's {name} is no https address")
    return str(found)


def _texts(document: Mapping[str, object], name: str) -> list[str]:
    found = document.get(name)
    return [each for each in found if isinstance(each, str)] if isinstance(found, list) else []
