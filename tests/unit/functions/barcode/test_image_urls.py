"""Apps get images over HTTPS only, whatever a provider names."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.barcode.clean import image_url_of

HOSTS = st.from_regex(r"[a-zA-Z][a-zA-Z0-9-]{0,20}(\.[a-z]{2,5}){1,2}", fullmatch=True)
PATHS = st.from_regex(r"(/[a-zA-Z0-9가-힣_.%-]{1,12}){1,4}(\?[a-z]=[0-9]{1,4})?", fullmatch=True)


@given(scheme=st.sampled_from(["http", "https", "HTTP", "Https"]), host=HOSTS, path=PATHS)
def test_a_web_address_is_given_over_https(scheme: str, host: str, path: str) -> None:
    assert image_url_of(f" {scheme}://{host}{path}\n") == f"https://{host}{path}"


@given(value=st.one_of(st.text(max_size=60), st.text(max_size=30).map("http://".__add__), st.integers(), st.none()))
def test_anything_else_is_dropped(value: object) -> None:
    url = image_url_of(value)
    assert url is None or (url.startswith("https://") and urlsplit(url).hostname)


@pytest.mark.parametrize(
    "value",
    ["javascript:alert(1)", "//host.example/1.jpg", "data:image/png;base64,AAAA", "ftp://host.example/1.jpg",
     "http://host.example:8080/1.jpg", "https://user:pass@host.example/1.jpg", "https://localhost/1.jpg",
     "https://host.example/a b.jpg", "https://host.example\\@other.example/1.jpg",
     "https://host.example/" + 2000 * "a"],
)  # fmt: skip
def test_addresses_that_are_unsafe_or_unusable_are_dropped(value: str) -> None:
    assert image_url_of(value) is None
