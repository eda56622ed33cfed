"""Who calls: the user whose access token, made by Supabase Auth, came with the request.

A project signs its tokens either with asymmetric keys, which it publishes as a JWK set, or with one shared secret.
Which of the two is a setting, and only the algorithms of that kind are accepted: else a public key could be passed
off as the shared secret.
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
# Auth's clock and ours may differ by this much.
LEEWAY_S = 10


@dataclass(frozen=True)
class User:
    """A caller whose token holds. `token` is for calls to Supabase on the user's behalf; it reaches no log."""

    id: UUID
    token: str = field(repr=False)


class Keys(Protocol):
    """Where the key comes from that a token must have been signed with."""

    @property
    def algorithms(self) -> tuple[str, ...]: ...

    def key_of(self, key_id: str | None) -> Any: ...


@dataclass(frozen=True)
class SharedSecret:
    """One secret for all tokens, whatever key they name."""

    secret: str = field(repr=False)
    algorithms: tuple[str, ...] = SYMMETRIC

    def key_of(self, key_id: str | None) -> str:
        return self.secret


@dataclass(frozen=True)
class PublishedKeys:
    """The project's JWK set, kept for minutes. A key that it lacks has it fetched again, at most every half minute."""

    client: jwt.PyJWKClient
    algorithms: tuple[str, ...] = ASYMMETRIC

    def key_of(self, key_id: str | None) -> jwt.PyJWK:
        """The key of that id.

        Raises:
            jwt.PyJWTError: there is none.
            BackendUnavailable: the keys could not be fetched.
        """
        if key_id is None:
            raise jwt.InvalidKeyError("the token names no key")
        try:
            return self.client.get_signing_key(key_id)
        # A connection that breaks and an answer that is no JSON come through the client as they are.
        except (jwt.PyJWKClientConnectionError, jwt.PyJWKSetError, OSError, ValueError) as error:
            raise BackendUnavailable(f"The keys of Auth could not be fetched ({type(error).__name__}).") from error


@dataclass(frozen=True)
class UserTokens:
    """Verifies access tokens of one project's users."""

    keys: Keys

    @classmethod
    def of(cls, settings: Settings) -> UserTokens:
        """By the shared secret where there is one, else by the published keys. Makes no call yet."""
        if settings.supabase_jwt_secret is not None:
            return cls(SharedSecret(settings.supabase_jwt_secret.get_secret_value()))
        return cls(PublishedKeys(jwt.PyJWKClient(settings.jwks_url, timeout=settings.supabase_timeout_s)))

    def verify(self, request: Request) -> User:
        """The user whose bearer token the request carries: signature, audience and expiry hold.

        Raises:
            Unauthorized: no token, or not one that this project's Auth made for a user and that still holds.
            BackendUnavailable: the published keys could not be fetched; says nothing about the token.
        """
        given = request.authorization
        if given is None or given.type != "bearer" or not given.token:
            raise Unauthorized("Send the user's access token as a bearer token.")
        try:
            header = jwt.get_unverified_header(given.token)
            if header["alg"] not in self.keys.algorithms:
                raise jwt.InvalidAlgorithmError("not an algorithm of this project")
            claims = jwt.decode(
                given.token,
                self.keys.key_of(header.get("kid")),
                algorithms=list(self.keys.algorithms),
                audience=AUDIENCE,
                leeway=LEEWAY_S,
                options={"require": ["exp", "aud", "sub"]},
            )
            return User(UUID(claims["sub"]), given.token)
        except jwt.ExpiredSignatureError as error:
            raise Unauthorized("The access token has expired.") from error
        except (jwt.PyJWTError, KeyError, ValueError) as error:
            raise Unauthorized("The access token does not hold.") from error
