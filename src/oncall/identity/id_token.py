"""Checks the signature and the claims of ID tokens, and reads what the claims say about a person."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from oncall.errors import IdentityError
from oncall.identity.discovery import Discovery

if TYPE_CHECKING:
    from joserfc.jwk import KeySetSerialization

LONGEST_TOKEN = 32_768
LEEWAY_SECONDS = 60
"""The largest difference, in seconds, that is allowed between the clocks of the provider and this machine."""
LEAST_MODULUS, MOST_MODULUS = 342, 1_366
"""The allowed length of an RSA key's modulus, in base64 characters: 2048 to 8192 bits.

Longer ones are slow to check.
"""
_CURVES = ("P-256", "P-384", "P-521")
_OF_A_KEY = ("kty", "kid", "use", "alg", "n", "e", "crv", "x", "y")
"""The fields of a public key that are used. Providers add certificates and fields of their own."""
_VERIFIED = (True, 1, "true", "1")
"""The values with which providers write that a claim is true."""
_FAULTS: Mapping[str, str] = {
    "iss": "it comes from another issuer",
    "aud": "it is for another application",
    "azp": "it is for another application",
    "nonce": "it belongs to another sign-in",
    "iat": "it was made in the future; check the clocks",
    "nbf": "it is not valid yet; check the clocks",
    "at_hash": "it belongs to another access token",
}
_WORDS = "the identity provider's ID token was refused"


def read_id_token(
    text: object,
    keys: Mapping[str, object],
    discovery: Discovery,
    *,
    client_id: str,
    nonce: str,
    access_token: str | None,
    real_now: datetime,
) -> dict[str, object]:
    """Check an ID token and return its claims. Raises IdentityError if one of these checks fails.

    A key of the provider has signed the token; it names this issuer, our client and the nonce of this sign-in; and it
    is valid at `real_now` (aware UTC).
    """
    # Imported here, because only a sign-in needs them.
    from authlib.oidc.core import CodeIDToken
    from joserfc import jwt
    from joserfc.errors import ExpiredTokenError, InvalidClaimError, JoseError, MissingClaimError
    from joserfc.jwk import KeySet
    from joserfc.jws import JWSRegistry

    if not isinstance(text, str) or not 0 < len(text) <= LONGEST_TOKEN:
        raise IdentityError("the identity provider's answer has no ID token that can be read")
    try:
        registry = JWSRegistry(algorithms=list(discovery.algorithms), strict_check_header=False)
        signed = jwt.decode(text, KeySet.import_key_set(_signing(keys)), registry=registry)
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise IdentityError(
            f"{_WORDS}: none of the provider's keys has signed it with an algorithm we trust"
        ) from error
    options = {
        "iss": {"essential": True, "value": discovery.issuer},
        "aud": {"essential": True, "value": client_id},
    }
    params = {"nonce": nonce, "client_id": client_id, "access_token": access_token}
    claims = CodeIDToken(signed.claims, signed.header, options, params)
    try:
        claims.validate(now=int(real_now.timestamp()), leeway=LEEWAY_SECONDS)
    except ExpiredTokenError as error:
        raise IdentityError(f"{_WORDS}: it has expired; check the clocks") from error
    except (InvalidClaimError, MissingClaimError) as error:
        why = _FAULTS.get(error.claim, "a claim is wrong or missing")
        raise IdentityError(f"{_WORDS}: {why}") from error
    except (JoseError, ValueError, TypeError) as error:
        raise IdentityError(f"{_WORDS}: a claim is wrong or missing") from error
    return dict(claims)


def email_of(claims: Mapping[str, object]) -> str:
    """Return the e-mail address in the claims; empty if the claims have none."""
    found = claims.get("email")
    return found.strip() if isinstance(found, str) else ""


def is_verified(claims: Mapping[str, object]) -> bool:
    """Return True if the provider says that it verified the e-mail address. Entra ID uses its own claim, `xms_edov`."""
    verified = claims.get("email_verified", claims.get("xms_edov"))
    return any(verified == each and type(verified) is type(each) for each in _VERIFIED)


def is_in_group(claims: Mapping[str, object], claim: str, group: str | None) -> bool:
    """Return True if the claim lists the group; False if `group` is None. Upper and lower case differ."""
    found = claims.get(claim)
    listed = found if isinstance(found, list) else [found]
    return group is not None and group in listed


def _signing(keys: Mapping[str, object]) -> KeySetSerialization:
    """Return the public keys of the provider that can check signatures and are strong enough."""
    listed = keys.get("keys")
    found = [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
    return {"keys": [{name: key[name] for name in _OF_A_KEY if name in key} for key in found if _is_usable(key)]}


def _is_usable(key: Mapping[str, object]) -> bool:
    if key.get("use", "sig") != "sig":
        return False
    modulus = key.get("n")
    is_strong = isinstance(modulus, str) and LEAST_MODULUS <= len(modulus) <= MOST_MODULUS
    return is_strong if key.get("kty") == "RSA" else key.get("kty") == "EC" and key.get("crv") in _CURVES
