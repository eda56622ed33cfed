"""What the app is told about a barcode. Every answer has the same members; what a user reads in it is Korean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from functions.barcode.gtin import Scan, shortest
from functions.barcode.store import KnownProduct, Miss, Tried


class Outcome(StrEnum):
    """Types of answers, besides `invalid`, which is an error (400)."""

    FOUND = "found"
    NOT_FOUND = "not_found"
    INCOMPLETE = "incomplete"
    IN_STORE_CODE = "in_store_code"


class CacheState(StrEnum):
    """Where an answer was: in our tables and fresh, there and due for a refresh, or just asked for."""

    FRESH = "fresh"
    STALE = "stale"
    NEW = "new"


MESSAGES = {
    Outcome.FOUND: "상품을 찾았어요.",
    Outcome.NOT_FOUND: "등록되지 않은 상품이에요. 어떤 상품인지 알려 주세요.",
    Outcome.INCOMPLETE: "지금은 상품을 확인할 수 없어요. 잠시 후 다시 시도해 주세요.",
    Outcome.IN_STORE_CODE: "매장에서 직접 붙인 코드예요. 상품 이름을 직접 입력해 주세요.",
}


@dataclass(frozen=True)
class Source:
    """Where a product comes from, as the app must show it. `link` may hold the number as `{number}`."""

    name: str
    link: str | None = None
    attribution: str | None = None
    licence: str | None = None
    outdated: bool = False


_FOODQR = Source("푸드QR", "https://foodqr.kr", "식품의약품안전처 푸드QR")
SOURCES = {
    "openfoodfacts": Source(
        "Open Food Facts",
        "https://world.openfoodfacts.org/product/{number}",
        "© Open Food Facts contributors",
        "ODbL-1.0",
    ),
    "foodqr": _FOODQR,
    "foodqr_data": _FOODQR,
    # It gets no new products since 2018.
    "foodsafety": Source(
        "식품안전나라", "https://www.foodsafetykorea.go.kr", "식품의약품안전처 식품안전나라", outdated=True
    ),
    "haccp": Source(
        "HACCP 제품정보",
        "https://www.data.go.kr/data/15033307/openapi.do",
        "한국식품안전관리인증원 HACCP 제품이미지 및 포장지표기정보",
    ),
    "users": Source("다른 사용자들이 알려 준 이름"),
    "user": Source("내가 적은 이름"),
}


def found(scan: Scan, product: KnownProduct, state: CacheState, now: datetime) -> dict[str, Any]:
    """The product is known."""
    return {
        **_frame(Outcome.FOUND, scan),
        "product": _product(scan, product),
        "cache": {
            "state": state,
            "fetched_at": product.fetched_at.isoformat(),
            "age_s": max(0, int((now - product.fetched_at).total_seconds())),
            "expires_at": product.expires_at.isoformat() if product.expires_at else None,
        },
    }


def not_found(scan: Scan, state: CacheState, now: datetime, miss: Miss | None = None) -> dict[str, Any]:
    """Nobody who was asked knows it. `miss` is what our tables have about that."""
    checked_at = miss.checked_at if miss else now
    return {
        **_frame(Outcome.NOT_FOUND, scan),
        "cache": {
            "state": state,
            "fetched_at": checked_at.isoformat(),
            "age_s": max(0, int((now - checked_at).total_seconds())),
            "expires_at": miss.retry_after.isoformat() if miss else None,
        },
    }


def incomplete(scan: Scan, tried: Sequence[Tried], retry_after_s: float) -> dict[str, Any]:
    """Some who might know it could not say."""
    return {
        **_frame(Outcome.INCOMPLETE, scan),
        "tried": [each.model_dump(mode="json") for each in tried],
        "retryable": True,
        "retry_after_s": max(1, round(retry_after_s)),
    }


def in_store_code(scan: Scan) -> dict[str, Any]:
    """The number is one shop's own."""
    return _frame(Outcome.IN_STORE_CODE, scan)


def _frame(outcome: Outcome, scan: Scan) -> dict[str, Any]:
    date = scan.package_date
    return {
        "outcome": outcome,
        "message": MESSAGES[outcome],
        "barcode": shortest(scan.gtin14),
        "gtin14": scan.gtin14,
        "package_date": {"date": date.day.isoformat(), "kind": date.kind} if date else None,
        "product": None,
        "cache": None,
        "tried": [],
        "retryable": False,
        "retry_after_s": None,
    }


def _product(scan: Scan, product: KnownProduct) -> dict[str, Any]:
    source = SOURCES.get(product.source, Source(product.source))
    return {
        "name": product.name,
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
