"""Several photos of one long receipt become one: shared lines count once, whatever the photos' edges cut."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from postgrest.exceptions import APIError
from psycopg.types.json import Jsonb

from local.client import User

Row = dict[str, Any]
LINES = [(f"상품 {name}", 1000 + 370 * number) for number, name in enumerate("가나다라마바사아자차")]
"""Name and amount of the lines of a long receipt."""
TOTAL = sum(amount for _, amount in LINES)


def rpc(user: User, function: str, **arguments: Any) -> Any:
    return user.supabase.rpc(function, arguments).execute().data


def join(user: User, *receipts: Row) -> Row:
    review: Row = rpc(user, "join_receipts", receipt_ids=[str(receipt["id"]) for receipt in receipts])
    return review


def refusal(user: User, receipt_ids: Sequence[str]) -> tuple[str, str]:
    with pytest.raises(APIError) as refused:
        rpc(user, "join_receipts", receipt_ids=list(receipt_ids))
    return str(refused.value.code), str(refused.value.hint)


@pytest.fixture
def photo(user: User, read_receipt: Callable[..., Any], ocr_answer: Callable[..., Row]) -> Callable[..., Row]:
    """The receipt of a photo that shows these lines."""

    def photo(lines: Sequence[tuple[str, int]], warnings: Sequence[str] = (), **head: Any) -> Row:
        answer = ocr_answer(**{"total": None, **head})
        template = answer["items"][0]
        answer["items"] = [
            template | {"line_no": number, "name": name, "amount": amount, "unit_price": amount}
            for number, (name, amount) in enumerate(lines, 1)
        ]
        answer["warnings"] = list(warnings)
        receipt: Row = read_receipt(user, answer)[0]
        return receipt

    return photo


def lines_of(review: Row) -> list[tuple[str, int]]:
    return [(item["name"], item["amount"]) for item in review["items"]]


def test_shared_lines_count_once_and_every_item_knows_its_photo(user, photo):
    upper = photo(LINES[:6], ["no_total"], uncertain_fields=["purchased_at", "total"])
    head = {"store": None, "purchased_at": None, "total": TOTAL}
    doubts = ["store", "purchased_at", "total"]
    lower = photo(LINES[4:], ["no_store", "no_purchase_date"], **head, uncertain_fields=doubts)
    for _ in range(2):
        review = join(user, upper, lower)
        assert lines_of(review) == LINES
        head = review["receipt"]
        assert (head["id"], head["store_name"], head["total"]) == (str(upper["id"]), "행복마트 성수점", TOTAL)
        assert (head["warnings"], head["uncertain_fields"]) == ([], ["purchased_at"])
        paths = [item["object_path"] for item in review["items"]]
        assert paths == [upper["object_path"]] * 6 + [lower["object_path"]] * 4
    listed = user.supabase.table("my_receipts").select("id, food_items, total").execute().data
    assert listed == [{"id": str(upper["id"]), "food_items": len(LINES), "total": TOTAL}]
    photos = user.supabase.storage.from_("ocr")
    assert photos.download(lower["object_path"])
    added = rpc(user, "add_receipt_to_inventory", receipt_id=str(upper["id"]))
    assert len(added) == len(LINES)


@pytest.mark.parametrize(
    ("upper", "lower"),
    [
        (LINES[:5], LINES[5:]),
        (LINES[:7], LINES[2:]),
        ([*LINES[:5], (LINES[5][0], 5)], LINES[3:]),
        (LINES[:6], [("품 라", 7), *LINES[4:]]),
        ([*LINES[:5], ("상", 5)], [("품", 7), *LINES[4:]]),
        ([*LINES[:4], ("상폼 마", LINES[4][1]), LINES[5]], LINES[4:]),
        (LINES, LINES),
    ],
    ids=["none", "five", "cut below", "cut above", "both cut", "misread", "all"],
)
def test_edges_and_misread_names(user, photo, upper, lower):
    review = join(user, photo(upper), photo(lower, total=TOTAL))
    assert [amount for _, amount in lines_of(review)] == [amount for _, amount in LINES]
    assert review["receipt"]["warnings"] == []


def test_equal_lines_that_were_bought_twice_are_told_by_the_total(user, photo):
    milk = ("우유", 2980)
    review = join(user, photo([LINES[0], milk]), photo([milk, LINES[1]], total=2 * 2980 + LINES[0][1] + LINES[1][1]))
    assert lines_of(review) == [LINES[0], milk, milk, LINES[1]]
    review = join(user, photo([LINES[0], milk]), photo([milk, LINES[1]], total=2980 + LINES[0][1] + LINES[1][1]))
    assert lines_of(review) == [LINES[0], milk, LINES[1]]


def test_several_photos_are_joined_in_order_also_one_by_one(user, photo):
    first, second, third = photo(LINES[:4]), photo(LINES[3:7]), photo(LINES[6:], total=TOTAL)
    join(user, first, second)
    review = join(user, first, second, third)
    assert lines_of(review) == LINES
    assert len({item["object_path"] for item in review["items"]}) == 3


def test_what_was_joined_joins_again_and_goes_with_the_whole(user, photo, database):
    first, second, third = photo(LINES[:4]), photo(LINES[3:7]), photo(LINES[6:], total=TOTAL)
    join(user, second, third)
    review = join(user, first, second)
    assert lines_of(review) == LINES
    assert {item["object_path"] for item in review["items"]} == {row["object_path"] for row in (first, second, third)}
    for part in (second, third):
        with pytest.raises(APIError) as refused:
            rpc(user, "restore_receipt", receipt_id=str(part["id"]))
        assert refused.value.code == "PT404"
    due = "select object_path from private.receipts_to_end(1000, interval '1 year')"
    database.execute(
        "update public.receipts set deleted_at = now() - interval '8 days' "
        "where user_id = %s and joined_into is not null",
        [user.user_id],
    )
    kept = {row["object_path"] for row in database.execute(due).fetchall()}
    assert not kept & {second["object_path"], third["object_path"]}
    database.execute("delete from public.receipts where id = %s", [first["id"]])
    ended = {row["object_path"] for row in database.execute(due).fetchall()}
    assert {second["object_path"], third["object_path"]} <= ended


def test_an_account_with_joined_receipts_can_be_deleted(user, photo, database):
    upper, lower, last = (photo(LINES[start : start + 4]) for start in (0, 3, 6))
    join(user, upper, lower, last)
    rpc(user, "add_receipt_to_inventory", receipt_id=str(upper["id"]))
    database.execute("delete from auth.users where id = %s", [user.user_id])
    assert database.execute("select from public.receipts where user_id = %s", [user.user_id]).fetchall() == []


def test_the_day_of_any_photo_counts_for_all(user, photo):
    upper = photo(LINES[:5], ["no_purchase_date"], purchased_at=None)
    lower = photo(LINES[5:], purchased_at="2026-11-10", total=TOTAL)
    review = join(user, upper, lower)
    assert review["receipt"]["purchased_at"].startswith("2026-11-10")
    # Those of the upper photo were counted from the day of its upload.
    upper_dates, lower_dates = (
        {item["suggestion"]["expires_on"] for item in items} for items in (review["items"][:5], review["items"][5:])
    )
    assert upper_dates != lower_dates
    assert len(upper_dates) == len(lower_dates) == 1


def test_items_in_the_inventory_stay_in_the_first_and_refuse_in_the_others(user, photo):
    upper, lower = photo(LINES[:6]), photo(LINES[4:], total=TOTAL)
    rpc(user, "add_receipt_to_inventory", receipt_id=str(upper["id"]))
    review = join(user, upper, lower)
    assert lines_of(review) == LINES
    assert [item["status"] for item in review["items"]] == ["added"] * 6 + ["pending"] * 4
    reviewed = photo(LINES[:2])
    rpc(user, "add_receipt_to_inventory", receipt_id=str(reviewed["id"]))
    assert refusal(user, [str(upper["id"]), str(reviewed["id"])]) == ("PT409", "receipt_reviewed")


def test_only_ones_own_read_receipts_are_joined(user, make_user, photo, read_receipt, upload_receipt):
    own, foreign = str(photo(LINES)["id"]), str(read_receipt(make_user())[0]["id"])
    queued = str(upload_receipt(user)["id"])
    assert refusal(user, [own, foreign]) == ("PT404", "receipt_not_found")
    assert refusal(user, [foreign, own]) == ("PT404", "receipt_not_found")
    assert refusal(user, [own, queued]) == ("PT409", "receipt_not_done")
    for wrong in ([], [own], [own, own], [str(uuid.uuid4()) for _ in range(11)]):
        assert refusal(user, wrong) == ("PT422", "invalid_receipts")


def test_a_joined_receipt_is_not_read_again(user, photo, database):
    upper, lower = photo(LINES[:6]), photo(LINES[4:])
    join(user, upper, lower)
    query = "select private.reread_obstacle(%s) as obstacle"
    assert [database.execute(query, [row["id"]]).fetchone()["obstacle"] for row in (upper, lower)] == [
        "reviewed",
        "receipt_deleted",
    ]


A, B, C, D, E, X = LINES[:6]


@pytest.mark.parametrize(
    ("upper", "lower", "total", "joined"),
    [
        ([A, B, C, D], [C], [A, B, C, D], [A, B, C, D]),
        ([A, B, C, D], [B, C], [A, B, C, D], [A, B, C, D]),
        ([A, B, C, D], [("품 나", 7), C], [A, B, C, D], [A, B, C, D]),
        ([B], [A, B, C], [A, B, C], [B, A, B, C]),
        ([A, B, E], [X, E, D], None, [A, B, E, X, E, D]),
        ([A, B, C, D], [B, C], None, [A, B, C, D, B, C]),
        ([A, ("상품 콩", 900)], [A, ("두부 한모", 900)], None, [A, ("상품 콩", 900), A, ("두부 한모", 900)]),
        ([A, ("우유", 900)], [A, ("우유", 950)], None, [A, ("우유", 900), A, ("우유", 950)]),
        ([A, B, ("배", 5)], [B, ("배추", 900)], None, [A, B, ("배", 5), B, ("배추", 900)]),
        ([A, B, ("배추", 5)], [("품 가", 7), B, ("배추김치", 900)], None, [A, B, ("배추김치", 900)]),
        ([A, B, ("서울우유큰것", 900)], [B, ("서울우유큰갓", 900), C], None, [A, B, ("서울우유큰것", 900), C]),
    ],
)
def test_lines_go_only_if_they_are_proved_to_be_on_both_photos(user, photo, upper, lower, total, joined):
    head = {"total": sum(amount for _, amount in total)} if total else {}
    assert lines_of(join(user, photo(upper), photo(lower, **head))) == joined


def test_what_the_user_corrected_stays_whichever_photo_shows_it(user, photo):
    upper, lower = photo([A, B, C]), photo([B, C, D], total=sum(amount for _, amount in (A, B, C, D)) + 11)
    of_upper, of_lower = (rpc(user, "review_receipt", receipt_id=str(row["id"]))["items"] for row in (upper, lower))
    rpc(user, "correct_receipt_item", receipt_item_id=of_lower[0]["id"], name="두부", amount=B[1] + 11)
    rpc(user, "correct_receipt_item", receipt_item_id=of_upper[2]["id"], name="위")
    rpc(user, "correct_receipt_item", receipt_item_id=of_lower[1]["id"], quantity=3)
    review = join(user, upper, lower)
    assert lines_of(review) == [A, ("두부", B[1] + 11), ("위", C[1]), D]
    assert [item["object_path"] for item in review["items"]] == [
        row["object_path"] for row in (upper, lower, upper, lower)
    ]
    assert review["receipt"]["warnings"] == []


def test_items_that_were_typed_count_towards_the_limit(user, photo, database):
    upper, lower = photo([A]), photo([A, B])
    typed = {"name": "두부", "category": "vegetable", "receipt_id": str(lower["id"])}
    rpc(user, "add_receipt_item", receipt_item_id=str(uuid.uuid4()), **typed)
    move = "update public.receipt_items set line_no = %s where receipt_id = %s"
    database.execute(move, [899, upper["id"]])
    assert refusal(user, [str(upper["id"]), str(lower["id"])]) == ("PT409", "limit_reached")
    database.execute(move, [898, upper["id"]])
    assert [name for name, _ in lines_of(join(user, upper, lower))] == [A[0], B[0], "두부"]


PRINTED = [(name, 1000 * number) for name in ("고등어 자반", "매일우유 큰것", "부침두부") for number in (1, 2)]
PRINTED += [("시금치 한단", 1000), ("풀무원 콩나물", 1000), ("햇감자 봉지", 3000), ("양파망", 4000)]


Lines = list[tuple[str, int]]


@dataclass(frozen=True)
class Windows:
    """Two photos of a printed receipt. total: as read from the lower one. whole: the lines that a photo shows whole."""

    upper: Lines
    lower: Lines
    total: int | None
    whole: Lines
    has_gap: bool
    total_is_right: bool


@st.composite
def windows(draw: st.DrawFn) -> Windows:
    """Of any receipt, whatever they share and their edges cut."""
    lines = draw(st.lists(st.sampled_from(PRINTED), min_size=2, max_size=8))
    place = st.integers(0, len(lines) - 1)
    upper_from, lower_from = sorted((draw(place), draw(place)))
    upper_to, lower_to = (draw(st.integers(first, len(lines) - 1)) for first in (upper_from, lower_from))
    if draw(st.booleans()) and upper_to < lower_to:  # the upper one may lie within the lower one
        upper_from, lower_from = lower_from, upper_from
        upper_to = max(upper_from, upper_to)
    upper, lower = ([*lines[a : b + 1]] for a, b in ((upper_from, upper_to), (lower_from, lower_to)))
    whole = {*range(upper_from, upper_to + 1), *range(lower_from, lower_to + 1)}
    if draw(st.booleans()):
        upper[-1] = (upper[-1][0][: draw(st.integers(1, 3))], 5)
        whole -= set() if lower_from < upper_to <= lower_to else {upper_to}
    if draw(st.booleans()):
        lower[0] = (lower[0][0][-draw(st.integers(1, 3)) :], 7)
        whole -= set() if upper_from <= lower_from < upper_to else {lower_from}
    printed = lines[min(upper_from, lower_from) : max(upper_to, lower_to) + 1]
    error = draw(st.sampled_from([None, 0, 1]))
    total = None if error is None else error + sum(amount for _, amount in printed)
    return Windows(
        upper, lower, total, [lines[place] for place in sorted(whole)], lower_from > upper_to + 1, error == 0
    )


def check_nothing_is_lost(photos: Windows, joined: Lines) -> None:
    """Doubled lines are allowed, lost ones are not."""
    shown = {*photos.upper, *photos.lower}
    assert set(joined) >= shown & set(PRINTED)
    # A cut line goes only if a line that it may be a piece of stays.
    assert all(line in joined or any(line[0] in name for name, _ in joined) for line in shown)
    if photos.total_is_right and not photos.has_gap:
        assert not Counter(photos.whole) - Counter(joined)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(photos=windows())
def test_an_overlap_loses_no_printed_line(database, photos):
    query = "select * from private.overlap(%s, %s, %s)"
    lines = [Jsonb(compared(part)) for part in (photos.upper, photos.lower)]
    shared = database.execute(query, [*lines, photos.total]).fetchone()
    kept = len(photos.upper) - shared["cut_above"]
    check_nothing_is_lost(photos, photos.upper[:kept] + photos.lower[shared["cut_below"] + shared["lines"] :])


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(photos=windows())
def test_joined_photos_lose_no_printed_line(user, photo, photos):
    review = join(user, photo(photos.upper), photo(photos.lower, total=photos.total))
    check_nothing_is_lost(photos, lines_of(review))


def compared(lines: Sequence[tuple[str, int]]) -> list[Row]:
    """As private.lines_to_compare returns them."""
    return [
        {"numbers": [amount, 0, 1], "read": [amount, 0, 1], "won": amount, "decided": False}
        | dict.fromkeys(("name", "text"), name.replace(" ", ""))
        for name, amount in lines
    ]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut=st.integers(1, 9), shared=st.integers(0, 8))
def test_any_cut_gives_the_whole_receipt(user, photo, cut, shared):
    upper, lower = photo(LINES[:cut]), photo(LINES[max(0, cut - shared) :], total=TOTAL)
    assert lines_of(join(user, upper, lower)) == LINES


CONTRACT_NAMES = {"store_name": "store", "purchased_at": "purchased_at", "total": "total"}
STATES = ("corrected", "unsure", "uncertain", "certain", "missing")
"""What a photo may say about a field. unsure: uncertain, and a day with a warning. No total here adds up."""


def value_on(photo: int, field: str, read: bool = False) -> Any:
    """Another one per photo; another one is read than the user corrects it to."""
    number = 10 * photo + read
    values = {"store_name": f"가게 {number}", "purchased_at": f"2026-11-01T{number:02}:31:00", "total": 90_000 + number}
    return values[field]


@dataclass(frozen=True)
class Said:
    """What one photo says, by field, and in which order the user corrects the photos."""

    states: list[dict[str, str]]
    order: list[int]


@st.composite
def sayings(draw: st.DrawFn) -> Said:
    states = st.fixed_dictionaries(dict.fromkeys(CONTRACT_NAMES, st.sampled_from(STATES)))
    said = draw(st.lists(states, min_size=2, max_size=3))
    return Said(said, draw(st.permutations(range(len(said)))))


def expected(said: Said, field: str) -> tuple[Any, str]:
    """The value that is kept, and what its photo says."""
    states = [photo[field] for photo in said.states]
    corrected = [photo for photo in said.order if states[photo] == "corrected"]
    if corrected:
        return value_on(corrected[-1], field), "corrected"
    for group in ({"certain"}, {"uncertain", "unsure"}):
        photos = [photo for photo, state in enumerate(states) if state in group]
        if photos:
            kept = photos[-1 if field == "total" else 0]
            return value_on(kept, field), states[kept]
    return None, "missing"


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=sayings(), one_by_one=st.booleans())
def test_each_field_is_that_of_the_best_photo_with_its_doubt(
    make_user, read_receipt, ocr_answer, said: Said, one_by_one: bool
) -> None:
    user = make_user()
    receipts = []
    for photo, states in enumerate(said.states):
        answer = ocr_answer(
            **{
                name: None if states[field] == "missing" else value_on(photo, field, states[field] == "corrected")
                for field, name in CONTRACT_NAMES.items()
            },
            uncertain_fields=[
                name for field, name in CONTRACT_NAMES.items() if states[field] in ("uncertain", "unsure", "corrected")
            ],
        )
        answer["items"] = [answer["items"][0] | {"name": LINES[photo][0], "amount": LINES[photo][1]}]
        answer["warnings"] = ["unsure_purchase_date"] if states["purchased_at"] in ("unsure", "corrected") else []
        receipts.append(read_receipt(user, answer)[0])
    for photo in said.order:
        corrections = {f: value_on(photo, f) for f, state in said.states[photo].items() if state == "corrected"}
        if corrections:
            rpc(user, "correct_receipt", receipt_id=str(receipts[photo]["id"]), **corrections)

    if one_by_one:
        join(user, *receipts[:2])
    head = join(user, *receipts)["receipt"]
    kept = {field: expected(said, field) for field in CONTRACT_NAMES}
    assert {field: head[field] for field in CONTRACT_NAMES} == {field: value for field, (value, _) in kept.items()}
    assert set(head["uncertain_fields"]) == {field for field, (_, state) in kept.items() if state.startswith("un")}
    assert ("unsure_purchase_date" in head["warnings"]) == (kept["purchased_at"][1] == "unsure")


def test_a_store_that_the_user_removed_is_what_another_photo_shows(user, photo):
    upper, lower = photo([A], store="영수증"), photo([B], store="행복마트")
    rpc(user, "correct_receipt", receipt_id=str(upper["id"]), store_name="")
    assert join(user, upper, lower)["receipt"]["store_name"] == "행복마트"


def test_photos_whose_day_is_after_a_step_are_not_joined(user, photo):
    upper = photo([A], purchased_at="2026-11-10T10:00", uncertain_fields=["purchased_at"])
    lower = photo([B], purchased_at="2026-11-20T10:00")
    (lot,) = rpc(user, "add_receipt_to_inventory", receipt_id=str(upper["id"]))
    frozen = rpc(user, "move_inventory_item", inventory_id=lot["id"], storage="freezer", moved_on="2026-11-15")
    with pytest.raises(APIError) as refused:
        join(user, upper, lower)
    assert (refused.value.code, refused.value.hint, refused.value.details) == (
        "PT422",
        "purchase_after_step",
        "2026-11-15",
    )
    assert user.supabase.table("inventory").select("*").execute().data == [frozen]
    rpc(user, "correct_receipt", receipt_id=str(lower["id"]), purchased_at="2026-11-12T10:00")
    assert join(user, upper, lower)["receipt"]["purchased_at"] == "2026-11-12T10:00:00"
