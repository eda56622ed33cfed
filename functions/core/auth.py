"""Token verification: which user made a request, from the access token that Supabase Auth issued.

A project signs its tokens either with asymmetric keys, published as a JWK set, or with one shared secret. A setting
selects which, and only the algorithms of that kind are accepted; otherwise an attacker could sign a token with the
public key as if it were the shared secret.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol
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


@dataclass(frozen=True)
class User:
    """A caller with a valid token. `token` is for calls to Supabase on the user's behalf; never log it."""

    id: UUID
    token: str = field(repr=False)


class Keys(Protocol):
    """Source of the keys that verify signatures."""

    @property
    def algorithms(self) -> tuple[str, ...]: ...

    def key(self, key_id: str | None) -> Any: ...


@dataclass(frozen=True)
class SharedSecret:
    """One secret for all tokens, whichever key id they contain."""

    secret: str = field(repr=False)
    algorithms: tuple[str, ...] = SYMMETRIC

    def key(self, key_id: str | None) -> str:
        return self.secret


@dataclass(frozen=True)
class PublishedKeys:
    """The project's JWK set, cached for minutes. An unknown key id triggers a new fetch, at most every 30 seconds."""

    client: jwt.PyJWKClient
    algorithms: tuple[str, ...] = ASYMMETRIC

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
        # The client passes on connection errors and JSON errors unchanged.
        except (jwt.PyJWKClientConnectionError, jwt.PyJWKSetError, OSError, ValueError) as error:
            raise BackendUnavailable(f"The signing keys could not be fetched ({type(error).__name__}).") from error


@dataclass(frozen=True)
class UserTokens:
    """Verifies access tokens of one project's users."""

    keys: Keys

    @classmethod
    def from_settings(cls, settings: Settings) -> UserTokens:
        """Use the shared secret if the project has one, else the published keys. Makes no call yet."""
        if settings.supabase_jwt_secret is not None:
            return cls(SharedSecret(settings.supabase_jwt_secret.get_secret_value()))
        return cls(PublishedKeys(jwt.PyJWKClient(settings.jwks_url, timeout=settings.supabase_timeout_s)))

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
            header = jwt.get_unverified_header(token)
            if header["alg"] not in self.keys.algorithms:
                raise jwt.InvalidAlgorithmError("the project does not use this algorithm")
            claims = jwt.decode(
                token,
                self.keys.key(header.get("kid")),
                algorithms=list(self.keys.algorithms),
                audience=AUDIENCE,
                leeway=LEEWAY_S,
                options={"require": ["exp", "aud", "sub"]},
            )
            return User(UUID(claims["sub"]), token)
        except jwt.ExpiredSignatureError as error:
            raise Unauthorized("The access token has expired.") from error
        except (jwt.PyJWTError, KeyError, ValueError) as error:
            raise Unauthorized("The access token is invalid.") from error
