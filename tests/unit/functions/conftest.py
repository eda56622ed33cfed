"""Entry points under the real functions framework. Nothing listens where Supabase and the OCR service should be."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable

import functions_framework
import jwt
import pytest
from flask.testing import FlaskClient

JWT_SECRET = "unit-test-secret-of-32-characters-or-more"
ENVIRONMENT = {
    "SUPABASE_URL": "http://127.0.0.1:9",
    "SUPABASE_SECRET_KEY": "sb_secret_unit_test",
    "SUPABASE_PUBLISHABLE_KEY": "sb_publishable_unit_test",
    "SUPABASE_JWT_SECRET": JWT_SECRET,
    "OCR_SERVICE_URL": "http://127.0.0.1:9",
    "OPENFOODFACTS__CONTACT": "",
    "HACCP__KEY": "",
}


@pytest.fixture
def create_client(monkeypatch: pytest.MonkeyPatch) -> Callable[..., FlaskClient]:
    """Creates a client of the named function, which has these additional settings."""

    def create_client(function: str, **settings: str) -> FlaskClient:
        for name, value in {**ENVIRONMENT, **settings}.items():
            monkeypatch.setenv(name, value)
        return functions_framework.create_app(function, "functions/main.py").test_client()

    return create_client


@pytest.fixture(scope="session")
def bearer() -> Callable[..., dict[str, str]]:
    """Makes the header of a signed-in user, with claims changed as given."""

    def bearer(**changes: object) -> dict[str, str]:
        claims = {"sub": str(uuid.uuid4()), "aud": "authenticated", "exp": time.time() + 600, **changes}
        return {"Authorization": f"Bearer {jwt.encode(claims, JWT_SECRET, 'HS256')}"}

    return bearer
