"""An OpenID Connect provider on loopback: signs in the person that a test names, checks PKCE, and errs on request."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT_ID, CLIENT_SECRET = "oncall", "a-secret-of-the-double-and-of-nobody-else"
DISCOVERY = "/.well-known/openid-configuration"
KEYS, AUTHORIZE, TOKEN, USERINFO, END = "/keys", "/authorize", "/token", "/userinfo", "/end"


@dataclass(frozen=True, slots=True)
class Canned:
    """An answer that replaces the provider's own."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Lies:
    """The deliberate errors of the provider. A claim that is None is left out. silent: paths that get no answer.

    algorithm: how the ID token is signed instead of RS256: `none`, or `HS256` with the public key as the secret.
    """

    claims: dict[str, Any] = field(default_factory=dict)
    discovery: dict[str, Any] = field(default_factory=dict)
    userinfo: dict[str, Any] = field(default_factory=dict)
    canned: dict[str, Canned] = field(default_factory=dict)
    silent: set[str] = field(default_factory=set)
    algorithm: str = "RS256"
    has_unknown_key: bool = False


class OidcProviderDouble:
    """One provider on a port of 127.0.0.1, in threads of its own; use it as a context manager.

    person: the claims of the person who signs in. is_brief: only the userinfo endpoint gives them, not the ID token.
    """

    def __init__(self) -> None:
        self.person: dict[str, Any] = {}
        self.lies = Lies()
        self.is_brief = False
        self.paths: list[str] = []
        self._keys = [_new_key()]
        self._codes: dict[str, dict[str, str]] = {}
        self._closing = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def issuer(self) -> str:
        """The address of the provider."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def becomes(self, email: str, **claims: Any) -> None:
        """Set the person who signs in next, with a verified address, and clear all deliberate errors."""
        self.person = {"sub": f"id-of-{email}", "email": email, "email_verified": True, **claims}
        self.lies, self.is_brief = Lies(), False

    def rotate_keys(self) -> None:
        """Sign with a new key from now on, and publish that one alone."""
        self._keys = [_new_key()]

    def answer(self, path: str, query: dict[str, str], form: dict[str, str], headers: Mapping[str, str]) -> Canned:
        """Return the answer to one request."""
        self.paths.append(path)
        if path in self.lies.silent:
            self._closing.wait()
        if path in self.lies.canned:
            return self.lies.canned[path]
        match path:
            case "/authorize":
                return self._authorized(query)
            case "/token":
                return self._tokens(form, headers.get("authorization", ""))
            case "/userinfo":
                return _json({**self.person, **self.lies.userinfo})
            case "/keys":
                return _json({"keys": [key.as_dict(private=False) for key in self._keys]})
            case _ if path == DISCOVERY:
                return _json(_without_none({**self._discovery(), **self.lies.discovery}))
            case _:
                return Canned(404)

    def _discovery(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": self.issuer + AUTHORIZE,
            "token_endpoint": self.issuer + TOKEN,
            "jwks_uri": self.issuer + KEYS,
            "userinfo_endpoint": self.issuer + USERINFO,
            "end_session_endpoint": self.issuer + END,
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "authorization_response_iss_parameter_supported": True,
        }

    def _authorized(self, query: dict[str, str]) -> Canned:
        is_ours = (query["client_id"], query["response_type"], query["code_challenge_method"])
        if is_ours != (CLIENT_ID, "code", "S256") or "openid" not in query["scope"].split():
            return Canned(400)
        code = secrets.token_urlsafe(16)
        self._codes[code] = query
        back = urlencode({"code": code, "state": query["state"], "iss": self.issuer})
        return Canned(302, headers={"Location": f"{query['redirect_uri']}?{back}"})

    def _tokens(self, form: dict[str, str], authorization: str) -> Canned:
        basic = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        if authorization != f"Basic {basic}" and form.get("client_secret") != CLIENT_SECRET:
            return _json({"error": "invalid_client"}, 401)
        query = self._codes.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if query is None or query["code_challenge"] != _base64(digest) or query["redirect_uri"] != form["redirect_uri"]:
            return _json({"error": "invalid_grant"}, 400)
        now = int(time.time())
        own = {"iss": self.issuer, "aud": CLIENT_ID, "iat": now, "exp": now + 300, "nonce": query["nonce"]}
        person = {"sub": self.person["sub"]} if self.is_brief else self.person
        claims = _without_none({**own, **person, **self.lies.claims})
        return _json({"access_token": "an-access-token", "token_type": "Bearer", "id_token": self._signed(claims)})

    def _signed(self, claims: dict[str, Any]) -> str:
        key = _new_key() if self.lies.has_unknown_key else self._keys[-1]
        header = {"alg": self.lies.algorithm, "kid": self._keys[-1].kid}
        if self.lies.algorithm == "RS256":
            return jwt.encode({**header, "alg": "RS256"}, claims, key)
        signed = f"{_base64(json.dumps(header).encode())}.{_base64(json.dumps(claims).encode())}"
        signature = hmac.digest(key.as_pem(private=False), signed.encode(), "sha256")
        return f"{signed}.{'' if self.lies.algorithm == 'none' else _base64(signature)}"


def _handler_of(double: OidcProviderDouble) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # the name that the library calls
            self._answer({})

        def do_POST(self) -> None:  # the name that the library calls
            body = self.rfile.read(int(self.headers.get("content-length", "0")))
            self._answer(dict(parse_qsl(body.decode())))

        def log_message(self, *_: object) -> None:
            """Log nothing."""

        def _answer(self, form: dict[str, str]) -> None:
            parts = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            found = double.answer(parts.path, dict(parse_qsl(parts.query)), form, headers)
            try:
                self.send_response(found.status)
                for name, value in {**found.headers, "Content-Length": str(len(found.body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(found.body)
            except OSError:
                # The client has gone, as it does when the answer is late or too long.
                self.close_connection = True

    return Handler


def _new_key() -> RSAKey:
    key = RSAKey.generate_key(2048, {"use": "sig"}, private=True)
    key.ensure_kid()
    return key


def _without_none(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _json(body: dict[str, Any], status: int = 200) -> Canned:
    return Canned(status, json.dumps(body).encode(), {"Content-Type": "application/json"})


def _base64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
