"""Response bodies of `barcode_lookup`. All have the same members; the texts that users see are Korean."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from functions.barcode.gtin import Scan, shortest
from functions.barcode.providers.base import Source
from functions.barcode.providers.registry import REGISTRY
from functions.barcode.store import Miss, ProviderAttempt, StoredProduct


class LookupOutcome(StrEnum):
    """Types of responses. A fifth, `invalid`, is an error response (400)."""

    FOUND = "found"
    NOT_FOUND = "not_found"
    INCOMPLETE = "incomplete"
    IN_STORE_CODE = "in_store_code"


class CacheState(StrEnum):
    """Whether the data was stored and fresh, stored and due for a refresh, or is new."""

    FRESH = "fresh"
    STALE = "stale"
    NEW = "new"


MESSAGES = {
    LookupOutcome.FOUND: "상품을 찾았어요.",
    LookupOutcome.NOT_FOUND: "등록되지 않은 상품이에요. 어떤 상품인지 알려 주세요.",
    LookupOutcome.INCOMPLETE: "지금은 상품을 확인할 수 없어요. 잠시 뒤 다시 시도해 주세요.",
    LookupOutcome.IN_STORE_CODE: "매장에서 붙인 코드예요. 상품 이름을 적어 주세요.",
}


SOURCES = {
    **{name: registration.source for name, registration in REGISTRY.items()},
    "haccp": Source(
        "HACCP 제품정보",
        "https://www.data.go.kr/data/15033307/openapi.do",
        "한국식품안전관리인증원 HACCP 제품이미지 및 포장지표기정보",
    ),
    "users": Source("다른 사용자들이 알려 준 이름"),
    "receipts": Source("여러 영수증에 찍힌 이름"),
    "user": Source("내가 적은 이름"),
    "receipt": Source("내 영수증에 찍힌 이름"),
}


def found(scan: Scan, product: StoredProduct, state: CacheState, now: datetime) -> dict[str, Any]:
    """A product is stored."""
    return {
        **_frame(LookupOutcome.FOUND, scan),
        "product": _product(scan, product),
        "cache": {
            "state": state,
            "fetched_at": product.fetched_at.isoformat(),
            "age_s": max(0, int((now - product.fetched_at).total_seconds())),
            "expires_at": product.expires_at.isoformat() if product.expires_at else None,
        },
    }


def not_found(scan: Scan, state: CacheState, now: datetime, miss: Miss | None = None) -> dict[str, Any]:
    """No provider has the product. `miss` is the stored miss, if any."""
    checked_at = miss.checked_at if miss else now
    return {
        **_frame(LookupOutcome.NOT_FOUND, scan),
        "cache": {
            "state": state,
            "fetched_at": checked_at.isoformat(),
            "age_s": max(0, int((now - checked_at).total_seconds())),
            "expires_at": miss.retry_after.isoformat() if miss else None,
        },
    }


def incomplete(scan: Scan, tried: Sequence[ProviderAttempt], retry_after_s: float) -> dict[str, Any]:
    """No provider has the product, but some failed."""
    return {
        **_frame(LookupOutcome.INCOMPLETE, scan),
        "tried": [attempt.model_dump(mode="json") for attempt in tried],
        "retryable": True,
        "retry_after_s": max(1, round(retry_after_s)),
    }


def in_store_code(scan: Scan) -> dict[str, Any]:
    """The number was assigned by a shop for its own use."""
    return _frame(LookupOutcome.IN_STORE_CODE, scan)


def _frame(outcome: LookupOutcome, scan: Scan) -> dict[str, Any]:
    date = scan.package_date
    return {
        "outcome": outcome,
        "message": MESSAGES[outcome],
        "barcode": shortest(scan.gtin14),
        "gtin14": scan.gtin14,
        "package_date": {"date": date.day.isoformat(), "kind": date.kind} if date else None,
        "carton": {"gtin14": scan.carton.gtin14, "count": scan.carton.count} if scan.carton else None,
        "product": None,
        "cache": None,
        "tried": [],
        "retryable": False,
        "retry_after_s": None,
    }


def _product(scan: Scan, product: StoredProduct) -> dict[str, Any]:
    source = SOURCES.get(product.source, Source(product.source))
    return {
        "name": product.name,
        "printed_name": product.printed_name,
        "brand": product.brand,
        "quantity": product.quantity_text,
        "image_url": product.image_url,
        "category": product.category
        and {
            "code": product.category,
            "name_ko": product.category_ko,
            "name_en": product.category_en,
            "confidence": product.confidence,
        },
        "storage": product.storage,
        "use_by": product.category
        and {
            "basis": product.basis,
            "min_days": product.min_days,
            "max_days": product.max_days,
            "source": product.rule_source,
        },
        "source": {
            "id": product.source,
            "name": source.name,
            "link": source.link and source.link.format(number=shortest(scan.gtin14)),
            "attribution": source.attribution,
            "licence": source.licence,
            "outdated": source.outdated,
        },
    }
