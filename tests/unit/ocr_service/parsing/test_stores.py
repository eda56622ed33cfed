"""The name of the store."""

import re
from pathlib import Path

import pytest

from ocr_service.parsing.stores import CHAINS, NAMES_BY_KIND, find_store

MIGRATION = Path(__file__).parents[4] / "supabase" / "migrations" / "20261122092220_reading_samples.sql"


@pytest.mark.parametrize(
    ("lines", "store"),
    [
        (["[영 수 증]", "[매장명] 맑은농장", "[TEL] ***-****-****"], "맑은농장"),
        (["coop'sket", "이마트24 행복대점", "대표자 : ***"], "이마트24 행복대점"),
        (["롯데쇼핑(주) 롯데마트 행복점", "서울광역시 행복구 행복로 1"], "롯데마트 행복점"),
        (["가까운 행복을 만나다 GS25", "GS25행복학사점 ***-****-****"], "GS25행복학사점"),
        (["이마드24 행복점"], "이마트24 행복점"),
        (["서서울농협하나로마트사직점"], "하나로마트사직점"),
        (["주소: 서울 종로구", "싱싱청과", "2024-01-01"], "싱싱청과"),
        (
            ["[영수증]", "교환권 번호 : 81", "행복대학교 중앙1식당", "6138210300 / 이사장 / TEL : ***"],
            "행복대학교 중앙1식당",
        ),
        (["행복쿠키", "주문번호 7", "카드번호 ****", "상호   행복쿠키(Happy)", "대표번호 ****"], "행복쿠키(Happy)"),
        (["가맹점번호 123456789", "상호 : 행복찻집"], "행복찻집"),
        (["행복식당", "상호 김길동", "대표"], "행복식당"),
        (["삼호  행복쿠키", "대표 ***"], "행복쿠키"),
        (["라온숲", "701-87-00000 TEL: 031)123-3433"], "라온숲"),
        (["9 [매장명] (주)행복수산"], "(주)행복수산"),
        (["[매장명] 행복식당/295-08-00000"], "행복식당"),
        (["2024-01-01", "감사합니다"], None),
    ],
)
def test_store(lines: list[str], store: str | None) -> None:
    found = find_store(lines, len(lines))
    assert (found.name if found else None) == store


def test_the_database_knows_the_kinds_of_the_same_names() -> None:
    body = MIGRATION.read_text("utf-8").partition("function private.store_kind(")[2].partition("$$;")[0]
    stored = {kind: names for names, kind in re.findall(r"'\{(.*?)\}'::text\[\]\) then '(\w+)'", body, re.DOTALL)}
    expected = {
        kind: [("^" if len(name) == 2 else "") + name.lower() for name in names]
        for kind, names in NAMES_BY_KIND.items()
    }
    assert list(stored) == list(expected), "the first that fits counts"
    for kind, names in expected.items():
        assert stored[kind].split() == ", ".join(names).split(), f"private.store_kind: {kind}: {', '.join(names)}"


@pytest.mark.parametrize("chain", CHAINS)
def test_a_longer_name_is_not_hidden_by_a_shorter_one(chain: str) -> None:
    store = find_store([f"{chain} 행복점"], 1)
    assert store is not None
    assert store.name == f"{chain} 행복점"
    key = store.name.lower()
    kinds = [kind for kind, names in NAMES_BY_KIND.items() if any(name.lower() in key for name in names)]
    assert kinds[0] == next(kind for kind, names in NAMES_BY_KIND.items() if chain in names)
