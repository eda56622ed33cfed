"""Token verification: which user made a request, from the access token that Supabase Auth issued.

A project signs its tokens with asymmetric keys, published as a JWK set, or with one shared secret (HS256). While it
changes from the secret to published keys, tokens of both kinds are in use, so both are accepted if the secret is set. A
token's algorithm selects the kind of its key; otherwise an attacker could sign a token with the public key as if it
were the shared secret.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from uuid import UUID

import jwt
from flask import Request

from functions.core.errors import BackendUnavailable, Unauthorized
from functions.core.settings import Settings

AUDIENCE = "authenticated"
ASYMMETRIC = ("ES256", "RS256", "EdDSA")
SYMMETRIC = ("HS256",)
# Allowed clock difference between Auth and the functions.
LEEWAY_S = 10
# Tokens whose header and verification are remembered: they take a seventh of the processor time of a barcode lookup,
# and clients send a token many times. That a token is invalid is not remembered.
REMEMBERED = 1024
EXPIRED = "The access token has expired."


@dataclass(frozen=True)
class User:
    """A caller with a valid token. `token` is for calls to Supabase on the user's behalf; never log it."""

    id: UUID
    token: str = field(repr=False)


@dataclass(frozen=True)
class PublishedKeys:
    """The project's JWK set, cached for minutes. An unknown key id triggers a new fetch, at most every 30 seconds."""

    client: jwt.PyJWKClient
    may_be_empty: bool = False

    def key(self, key_id: str | None) -> jwt.PyJWK:
        """The key with that id.

        Raises:
            jwt.PyJWTError: the set has no such key.
            BackendUnavailable: the keys could not be fetched.
        """
        if key_id is None:
            raise jwt.InvalidKeyError("the token has no key id")
        try:
            return self.client.get_signing_key(key_id)
        except jwt.PyJWKSetError as error:
            if self.may_be_empty:
                raise jwt.InvalidKeyError("the project has published no keys") from error
            raise BackendUnavailable("The project has published no keys.") from error
        # The client passes on connection errors and JSON errors unchanged.
        except (jwt.PyJWKClientConnectionError, OSError, ValueError) as error:
            raise BackendUnavailable(f"The signing keys could not be fetched ({type(error).__name__}).") from error


@dataclass(frozen=True)
class UserTokens:
    """Verifies access tokens of one project's users.

    Attributes:
        published: the project's published keys.
        secret: its shared secret, if tokens that are signed with one are accepted.
    """

    published: PublishedKeys
    secret: str | None = field(default=None, repr=False)

    @classmethod
    def from_settings(cls, settings: Settings) -> UserTokens:
        """Makes no call yet."""
        client = jwt.PyJWKClient(settings.jwks_url, timeout=settings.supabase_timeout_s)
        secret = settings.supabase_jwt_secret
        published = PublishedKeys(client, may_be_empty=secret is not None)
        return cls(published, secret.get_secret_value() if secret else None)

    def _key(self, algorithm: str, key_id: str | None) -> Any:
        """The key for a token with that header.

        Raises:
            jwt.PyJWTError: the project has no such key.
            BackendUnavailable: the published keys could not be fetched.
        """
        if algorithm in SYMMETRIC and self.secret is not None:
            return self.secret
        if algorithm in ASYMMETRIC:
            return self.published.key(key_id)
        raise jwt.InvalidAlgorithmError("the project does not use this algorithm")

    def verify(self, request: Request) -> User:
        """The user whose bearer token the request carries, after checking signature, audience and expiry.

        Raises:
            Unauthorized: the token is missing, expired, or was not issued to a user by this project's Auth.
            BackendUnavailable: the published keys could not be fetched, so the token could not be checked.
        """
        authorization = request.authorization
        if authorization is None or authorization.type != "bearer" or not authorization.token:
            raise Unauthorized("Send the user's access token as a bearer token.")
        token = authorization.token
        try:
            algorithm, key_id = _header(token)
            # The key is found each time, so that no token outlives its key.
            user, expires_at = _verified(token, algorithm, self._key(algorithm, key_id))
        except jwt.ExpiredSignatureError as error:
            raise Unauthorized(EXPIRED) from error
        except (jwt.PyJWTError, KeyError, ValueError) as error:
            raise Unauthorized("The access token is invalid.") from error
        if expires_at <= time.time() - LEEWAY_S:
            raise Unauthorized(EXPIRED)
        return user


@lru_cache(REMEMBERED)
def _header(token: str) -> tuple[str, str | None]:
    """The algorithm and key id that an unverified token states. Raises: jwt.PyJWTError, KeyError."""
    header = jwt.get_unverified_header(token)
    return header["alg"], header.get("kid")


@lru_cache(REMEMBERED)
def _verified(token: str, algorithm: str, key: Any) -> tuple[User, int]:
    """The token's user, and when it expires, in seconds since the epoch. Raises: jwt.PyJWTError, ValueError."""
    claims = jwt.decode(
        token,
        key,
        algorithms=[algorithm],
        audience=AUDIENCE,
        leeway=LEEWAY_S,
        options={"require": ["exp", "aud", "sub"]},
    )
    return User(UUID(claims["sub"]), token), int(claims["exp"])
