"""Token verification: only unexpired tokens that this project's Auth issued to a user are accepted."""

from __future__ import annotations

import base64
import hmac
import json
import time
import uuid
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from flask import Request
from hypothesis import given
from hypothesis import strategies as st
from jwt.algorithms import get_default_algorithms
from werkzeug.test import EnvironBuilder

from functions.core.auth import PublishedKeys, UserTokens
from functions.core.errors import BackendUnavailable, Unauthorized
from functions.core.settings import Settings
from tests.support.http_server import running

SECRET = "a-shared-secret-of-a-project-that-has-one"
USER = uuid.UUID("c41ff1ea-5a2b-4b33-8f5d-0c1b6d3f9d11")
EC_KEY = ec.generate_private_key(ec.SECP256R1())
OTHER_EC_KEY = ec.generate_private_key(ec.SECP256R1())
KEYS: dict[str, Any] = {
    "ES256": EC_KEY,
    "RS256": rsa.generate_private_key(public_exponent=65537, key_size=2048),
    "EdDSA": ed25519.Ed25519PrivateKey.generate(),
}


def settings(**changed: Any) -> Settings:
    return Settings(
        **{
            "supabase_url": "http://127.0.0.1:9",
            "supabase_secret_key": "sb_secret_unit_test",
            "supabase_publishable_key": "sb_publishable_unit_test",
            "ocr_service_url": "http://127.0.0.1:9",
            **changed,
        }
    )


def request(authorization: str | None = None) -> Request:
    headers = {} if authorization is None else {"Authorization": authorization}
    return Request(EnvironBuilder(headers=headers).get_environ())


def claims(**changed: Any) -> dict[str, Any]:
    defaults = {"sub": str(USER), "aud": "authenticated", "role": "authenticated", "exp": time.time() + 600, **changed}
    return {name: value for name, value in defaults.items() if value is not None}


def jwk(key_id: str, algorithm: str, private_key: Any) -> dict[str, Any]:
    public = get_default_algorithms()[algorithm].to_jwk(private_key.public_key(), as_dict=True)
    return {**public, "kid": key_id, "alg": algorithm, "use": "sig", "key_ops": ["verify"]}


class Auth(HTTPServer):
    """Publishes a JWK set over HTTP as Supabase Auth does, and counts the requests."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.keys = [jwk(name, name, key) for name, key in KEYS.items()]
        self.answer: bytes | None = None
        self.status = 200
        self.requests = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Auth

    def do_GET(self) -> None:
        self.server.requests += 1
        published = self.path == "/auth/v1/.well-known/jwks.json"
        self.send_response(self.server.status if published else 404)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(self.server.answer or json.dumps({"keys": self.server.keys}).encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def auth() -> Iterator[Auth]:
    with running(Auth()) as server:
        yield server


@pytest.fixture
def published(auth: Auth) -> UserTokens:
    return UserTokens.from_settings(settings(supabase_url=auth.url))


@pytest.fixture
def shared() -> Iterator[UserTokens]:
    """Of a project that has published no keys."""
    with running(Auth()) as server:
        server.keys = []
        yield UserTokens.from_settings(settings(supabase_url=server.url, supabase_jwt_secret=SECRET))


@pytest.fixture
def changing(auth: Auth) -> UserTokens:
    """Of a project that changes from the shared secret to published keys."""
    return UserTokens.from_settings(settings(supabase_url=auth.url, supabase_jwt_secret=SECRET))


def signed(algorithm: str = "ES256", key: Any = None, key_id: str | None = "", **changed: Any) -> str:
    headers = {} if key_id is None else {"kid": key_id or algorithm}
    return jwt.encode(claims(**changed), key or KEYS[algorithm], algorithm, headers)


@pytest.mark.parametrize("algorithm", list(KEYS))
def test_a_token_signed_with_a_published_key_is_accepted(published: UserTokens, algorithm: str) -> None:
    token = signed(algorithm)
    user = published.verify(request(f"Bearer {token}"))
    assert (user.id, user.token) == (USER, token)


def test_a_token_signed_with_the_shared_secret_is_accepted(shared: UserTokens) -> None:
    token = jwt.encode(claims(), SECRET, "HS256")
    assert shared.verify(request(f"bearer {token}")).id == USER


def test_the_representation_of_a_user_hides_the_token(shared: UserTokens) -> None:
    token = jwt.encode(claims(), SECRET, "HS256")
    assert token not in repr(shared.verify(request(f"Bearer {token}")))
    assert SECRET not in repr(shared)


def test_a_small_clock_skew_is_accepted(published: UserTokens) -> None:
    now = time.time()
    assert published.verify(request(f"Bearer {signed(exp=now - 2, iat=now + 2)}")).id == USER


BAD_CLAIMS = [
    {"exp": 1},
    {"exp": None},
    {"exp": "soon"},
    {"nbf": 4102444800},
    {"aud": None},
    {"aud": "anon"},
    {"aud": ["service"]},
    {"sub": None},
    {"sub": ""},
    {"sub": "not-a-uuid"},
    {"sub": f"{USER} or 1=1"},
]


@pytest.mark.parametrize("changed", BAD_CLAIMS, ids=str)
def test_invalid_claims_are_refused(published: UserTokens, shared: UserTokens, changed: dict[str, Any]) -> None:
    with pytest.raises(Unauthorized):
        published.verify(request(f"Bearer {signed(**changed)}"))
    with pytest.raises(Unauthorized):
        shared.verify(request(f"Bearer {jwt.encode(claims(**changed), SECRET, 'HS256')}"))


def test_the_error_for_an_expired_token_says_so(published: UserTokens) -> None:
    with pytest.raises(Unauthorized, match="expired"):
        published.verify(request(f"Bearer {signed(exp=time.time() - 60)}"))


@pytest.mark.parametrize("algorithm", ["ES256", "HS256"])
def test_a_token_that_was_accepted_before_is_refused_once_it_has_expired(
    changing: UserTokens, algorithm: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.time()
    token = jwt.encode(claims(), SECRET, "HS256") if algorithm == "HS256" else signed(algorithm)
    for _ in range(2):
        assert changing.verify(request(f"Bearer {token}")).id == USER
    monkeypatch.setattr("time.time", lambda: now + 620)
    with pytest.raises(Unauthorized, match="expired"):
        changing.verify(request(f"Bearer {token}"))


def test_a_token_is_bound_to_the_project_that_accepted_it(shared: UserTokens, published: UserTokens) -> None:
    token = jwt.encode(claims(), SECRET, "HS256")
    assert shared.verify(request(f"Bearer {token}")).id == USER
    other = UserTokens(shared.published, SECRET + "x")
    for tokens in (published, other):
        with pytest.raises(Unauthorized):
            tokens.verify(request(f"Bearer {token}"))


@pytest.mark.parametrize("authorization", [None, "", "Bearer", "Bearer ", "Basic dTpw", "Token abc", "Bearer a b"])
def test_a_request_without_a_bearer_token_is_refused(shared: UserTokens, authorization: str | None) -> None:
    with pytest.raises(Unauthorized):
        shared.verify(request(authorization))


def _signed_by_hand(header: dict[str, Any], secret: bytes = b"") -> str:
    """A token that the library refuses to create."""

    def part(value: bytes) -> str:
        return base64.urlsafe_b64encode(value).decode().rstrip("=")

    signed_part = f"{part(json.dumps(header).encode())}.{part(json.dumps(claims()).encode())}"
    signature = hmac.digest(secret, signed_part.encode(), "sha256") if secret else b""
    return f"{signed_part}.{part(signature)}"


def _unsigned() -> str:
    return _signed_by_hand({"alg": "none", "typ": "JWT", "kid": "ES256"})


def _public_key_as_secret() -> str:
    public = EC_KEY.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return _signed_by_hand({"alg": "HS256", "typ": "JWT", "kid": "ES256"}, public)


def test_a_token_without_signature_is_refused(published: UserTokens, shared: UserTokens) -> None:
    for tokens in (published, shared):
        with pytest.raises(Unauthorized):
            tokens.verify(request(f"Bearer {_unsigned()}"))


@pytest.mark.parametrize(
    "token",
    [
        _public_key_as_secret(),
        jwt.encode(claims(), SECRET, "HS256", {"kid": "ES256"}),
        signed(key=OTHER_EC_KEY),
        signed(key_id=None),
        # The algorithm and the key are both accepted, but not in this combination.
        signed("EdDSA", key_id="ES256"),
        signed("RS256", key_id="EdDSA"),
    ],
    ids=["public key as secret", "shared secret", "other key", "no key id", "key of another kind", "and again"],
)
def test_a_project_with_published_keys_accepts_no_other_signature(published: UserTokens, token: str) -> None:
    with pytest.raises(Unauthorized):
        published.verify(request(f"Bearer {token}"))


@pytest.mark.parametrize(
    "token",
    [
        signed(),
        jwt.encode(claims(), SECRET + "x", "HS256"),
        jwt.encode(claims(), SECRET * 2, "HS512"),
    ],
    ids=["published key", "other secret", "other hash"],
)
def test_a_project_with_a_shared_secret_accepts_no_other_signature(shared: UserTokens, token: str) -> None:
    with pytest.raises(Unauthorized):
        shared.verify(request(f"Bearer {token}"))


@pytest.mark.parametrize("algorithm", list(KEYS))
def test_a_project_that_changes_its_keys_accepts_tokens_of_both_kinds(changing: UserTokens, algorithm: str) -> None:
    old = jwt.encode(claims(), SECRET, "HS256", {"kid": "legacy"})
    for token in (old, signed(algorithm), old):
        assert changing.verify(request(f"Bearer {token}")).id == USER


@pytest.mark.parametrize(
    "token",
    [
        _public_key_as_secret(),
        _signed_by_hand({"alg": "HS256", "kid": "ES256"}, json.dumps(jwk("ES256", "ES256", EC_KEY)).encode()),
        _signed_by_hand({"alg": "ES256", "kid": "ES256"}, SECRET.encode()),
        _unsigned(),
        signed(key=OTHER_EC_KEY),
        signed("EdDSA", key_id="ES256"),
        jwt.encode(claims(), SECRET + "x", "HS256"),
        jwt.encode(claims(), SECRET * 2, "HS512"),
        jwt.encode(claims(exp=1), SECRET, "HS256"),
        signed(exp=1),
    ],
)
def test_a_project_that_changes_its_keys_accepts_no_other_signature(changing: UserTokens, token: str) -> None:
    with pytest.raises(Unauthorized):
        changing.verify(request(f"Bearer {token}"))


def test_the_shared_secret_is_enough_while_the_keys_cannot_be_fetched(auth: Auth, changing: UserTokens) -> None:
    auth.status = 500
    assert changing.verify(request(f"Bearer {jwt.encode(claims(), SECRET, 'HS256')}")).id == USER
    with pytest.raises(BackendUnavailable):
        changing.verify(request(f"Bearer {signed()}"))


def test_keys_are_fetched_once(auth: Auth, published: UserTokens) -> None:
    for _ in range(3):
        published.verify(request(f"Bearer {signed()}"))
    assert auth.requests == 1


def test_a_token_with_another_algorithm_fetches_no_keys(auth: Auth, published: UserTokens) -> None:
    with pytest.raises(Unauthorized):
        published.verify(request(f"Bearer {_unsigned()}"))
    assert auth.requests == 0


def test_a_new_key_is_accepted_and_a_withdrawn_one_refused(auth: Auth) -> None:
    client = jwt.PyJWKClient(f"{auth.url}/auth/v1/.well-known/jwks.json", cooldown_duration=0)
    tokens = UserTokens(PublishedKeys(client))
    old, new = signed(), signed(key=OTHER_EC_KEY, key_id="new")
    assert tokens.verify(request(f"Bearer {old}")).id == USER
    auth.keys = [jwk("new", "ES256", OTHER_EC_KEY)]
    assert tokens.verify(request(f"Bearer {new}")).id == USER
    with pytest.raises(Unauthorized):
        tokens.verify(request(f"Bearer {old}"))


def test_unknown_key_ids_do_not_flood_auth(auth: Auth, published: UserTokens) -> None:
    for number in range(5):
        with pytest.raises(Unauthorized):
            published.verify(request(f"Bearer {signed(key_id=f'unknown-{number}')}"))
    assert auth.requests == 1


@pytest.mark.parametrize(
    ("status", "answer"), [(500, None), (404, None), (200, b"<html>"), (200, b'{"keys": []}'), (302, None)]
)
def test_keys_that_cannot_be_fetched_are_an_outage(
    auth: Auth, published: UserTokens, status: int, answer: bytes | None
) -> None:
    auth.status, auth.answer = status, answer
    with pytest.raises(BackendUnavailable):
        published.verify(request(f"Bearer {signed()}"))
    auth.status, auth.answer = 200, None
    assert published.verify(request(f"Bearer {signed()}")).id == USER


def test_an_unreachable_auth_is_an_outage() -> None:
    with pytest.raises(BackendUnavailable):
        UserTokens.from_settings(settings()).verify(request(f"Bearer {signed()}"))


@given(st.text(st.characters(codec="latin-1"), max_size=80), st.integers(0, 3))
def test_malformed_tokens_are_refused_and_never_an_error(text: str, dots: int) -> None:
    # Set directly, because the test client would not send it.
    environ = {**request().environ, "HTTP_AUTHORIZATION": f"Bearer {text}{'.e30' * dots}"}
    with pytest.raises(Unauthorized):
        UserTokens.from_settings(settings(supabase_jwt_secret=SECRET)).verify(Request(environ))
