"""Products of invented brands that no model was trained on. The brand determines the category."""

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
    """The category of every brand's product of each kind, kind by kind."""
    return {f"{brand} {kind}": category for kind in kinds for brand, category in BRANDS.items()}
