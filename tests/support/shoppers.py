"""Products of brands that no model has heard of yet: the brand says what they are, and their buyers know."""

from __future__ import annotations

BRANDS = {
    "뿌까롱": "snack",
    "쿠르릉": "beverage",
    "달퐁퐁": "ice_cream",
    "쫄라깃": "noodle",
    "바삭쿵": "frozen",
    "포근결": "non_food",
    "맑음뜰": "seasoning",
    "든든곳간": "grain_nut",
}
KINDS = (
    "오리지널", "딸기", "초코", "미니", "치즈", "매운맛", "유자", "바닐라", "진한맛", "순한맛", "골드", "클래식",
    "허니", "라이트", "더블", "파티",
)  # fmt: skip


def products(kinds: tuple[str, ...] = KINDS) -> dict[str, str]:
    """Every brand's product of each kind, with its category; the kinds of a brand come one after another."""
    return {f"{brand} {kind}": category for kind in kinds for brand, category in BRANDS.items()}
