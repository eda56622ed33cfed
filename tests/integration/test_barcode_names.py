"""Names that households agree on: who counts, what wins, what a name may contain, and what an operator can do."""

from __future__ import annotations

import random
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from postgrest.exceptions import APIError

from local.client import User

Row = dict[str, Any]
ANY = list(HealthCheck)


def new_gtin() -> str:
    # Not `random` itself, which Hypothesis seeds anew for each example.
    payload = f"880{random.SystemRandom().randrange(10**9):09d}"
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(payload)))
    return f"0{payload}{-total % 10}"


@dataclass(frozen=True)
class Account:
    """A user who votes: the age of the account in hours, the name's number, and the purchase it comes from."""

    age_h: int
    choice: int
    purchase: int | None = None

    @property
    def is_aged(self) -> bool:
        return self.age_h >= 14 * 24


NAMES = ("가상 우유", "다른 우유", "엉뚱한 라면")
ages = st.one_of(st.integers(0, 13 * 24), st.integers(15 * 24, 80 * 24))
votes = st.lists(st.builds(Account, ages, st.integers(0, 2), st.none() | st.integers(0, 20)), max_size=14)


def vote(database, gtin14: str, source: str, accounts: list[Account]) -> None:
    for account in accounts:
        user_id = uuid.uuid4()
        database.execute(
            "insert into auth.users (id, email, created_at) values (%s, %s, "
            "date_trunc('hour', now()) - make_interval(hours => %s))",
            [user_id, f"{user_id}@example.com", account.age_h],
        )
        name = NAMES[account.choice]
        if source == "users":
            database.execute(
                "insert into public.product_names (user_id, gtin14, name, name_key) values (%s, %s, %s, %s)",
                [user_id, gtin14, name, name.replace(" ", "")],
            )
        else:
            database.execute(
                "insert into private.printed_names (user_id, gtin14, name, name_key, purchase_key) "
                "values (%s, %s, %s, %s, %s)",
                [user_id, gtin14, name, name.replace(" ", ""), account.purchase and str(account.purchase)],
            )
    database.execute("select private.decide_product_name(%s, %s)", [gtin14, source])


def agreed(database, gtin14: str, source: str) -> str | None:
    row = database.execute(
        "select name from private.agreed_names where gtin14 = %s and source = %s", [gtin14, source]
    ).fetchone()
    return row and row["name"]


@pytest.mark.parametrize("source", ["users", "receipts"])
@settings(max_examples=25, deadline=None, suppress_health_check=ANY)
@given(votes)
def test_a_name_needs_three_independent_aged_accounts_and_a_majority(
    database, source: str, accounts: list[Account]
) -> None:
    """Each account here has an hour of sign-up and a purchase of its own."""
    distinct = list({account.age_h: account for account in accounts}.values())
    if source == "receipts":
        distinct = [Account(each.age_h, each.choice, place + 1) for place, each in enumerate(distinct)]
    gtin14 = new_gtin()
    vote(database, gtin14, source, distinct)
    counts = Counter(each.choice for each in distinct if each.is_aged)
    winners = [choice for choice, count in counts.items() if count >= 3 and 2 * count > counts.total()]
    assert agreed(database, gtin14, source) == (NAMES[winners[0]] if winners else None)


@settings(max_examples=15, deadline=None, suppress_health_check=ANY)
@given(st.integers(3, 5), st.integers(0, 40))
def test_a_crowd_that_signed_up_together_counts_once(database, honest: int, crowd: int) -> None:
    gtin14 = new_gtin()
    households = [Account(1000 + place, 0) for place in range(honest)]
    vote(database, gtin14, "users", [*households, *[Account(500, 1)] * crowd])
    assert agreed(database, gtin14, "users") == NAMES[0]


@settings(max_examples=15, deadline=None, suppress_health_check=ANY)
@given(st.integers(1, 10))
def test_one_receipt_in_many_accounts_is_one_vote(database, copies: int) -> None:
    gtin14 = new_gtin()
    accounts = [Account(1000 + place, 0, purchase=7) for place in range(copies)]
    vote(database, gtin14, "receipts", [*accounts, Account(2000, 0, 8)])
    assert agreed(database, gtin14, "receipts") is None


@settings(max_examples=20, deadline=None, suppress_health_check=ANY)
@given(st.lists(st.sampled_from([None, "500g", "500 G", "전화 주세요"]), min_size=3, max_size=6))
def test_a_quantity_needs_most_of_those_who_agree_on_the_name(database, quantities: list[str | None]) -> None:
    gtin14 = new_gtin()
    vote(database, gtin14, "users", [Account(20 * 24 + place, 0) for place in range(len(quantities))])
    voters = database.execute("select user_id from public.product_names where gtin14 = %s", [gtin14]).fetchall()
    for voter, quantity in zip(voters, quantities, strict=True):
        database.execute(
            "update public.product_names set quantity_text = %s where gtin14 = %s and user_id = %s",
            [quantity, gtin14, voter["user_id"]],
        )
    database.execute("select private.decide_product_name(%s, 'users')", [gtin14])
    row = database.execute("select quantity_text from private.agreed_names where gtin14 = %s", [gtin14]).fetchone()
    written = Counter((quantity or "").replace(" ", "").lower() for quantity in quantities)
    key, votes = written.most_common(1)[0]
    assert (row["quantity_text"] or "").replace(" ", "").lower() == (key if 2 * votes > len(quantities) else "")


def test_four_against_two_win_also_if_the_two_are_last(database) -> None:
    gtin14 = new_gtin()
    vote(database, gtin14, "users", [Account(1000 + place, 0) for place in range(4)])
    vote(database, gtin14, "users", [Account(2000 + place, 1) for place in range(2)])
    assert agreed(database, gtin14, "users") == NAMES[0]
    # As many against it as for it: then there is no name.
    vote(database, gtin14, "users", [Account(3000 + place, 1) for place in range(2)])
    assert agreed(database, gtin14, "users") is None


def test_deleted_accounts_do_not_vote(database) -> None:
    gtin14 = new_gtin()
    vote(database, gtin14, "users", [Account(1000 + place, 0) for place in range(3)])
    assert agreed(database, gtin14, "users") == NAMES[0]
    database.execute(
        "delete from auth.users where id = (select user_id from public.product_names where gtin14 = %s limit 1)",
        [gtin14],
    )
    assert agreed(database, gtin14, "users") is None


def test_an_operator_can_hide_revert_and_count_again(database, user: User) -> None:
    gtin14 = new_gtin()
    vote(database, gtin14, "users", [Account(1000 + place, 0) for place in range(3)])
    vote(database, gtin14, "users", [Account(2000 + place, 1) for place in range(5)])
    assert agreed(database, gtin14, "users") == NAMES[1]

    def call(function: str) -> Row:
        return dict(database.execute(f"select private.{function}(%s) as state", [gtin14]).fetchone()["state"])

    user.supabase.rpc("report_product_name", {"gtin14": gtin14}).execute()
    reports = "select count(*) as reports from private.name_reports where gtin14 = %s"
    assert database.execute(reports, [gtin14]).fetchone() == {"reports": 1}
    assert call("revert_product_name")["users"] == NAMES[0]
    assert call("revert_product_name") == call("revert_product_name")
    assert agreed(database, gtin14, "users") == NAMES[0], "a repeated call does not revert the restored name"
    assert database.execute(reports, [gtin14]).fetchone() == {"reports": 0}
    vote(database, gtin14, "users", [Account(3000 + place, 2) for place in range(9)])
    assert agreed(database, gtin14, "users") == NAMES[0], "an operator's choice is not outvoted"
    assert call("count_product_names_again")["users"] == NAMES[2]
    state = call("hide_product_name")
    assert (state["users"], state["hidden"]) == (NAMES[1], [NAMES[2].replace(" ", "")])
    record = user.supabase.rpc("find_product", {"gtin14": gtin14}).execute().data
    assert (record["product"]["name"], record["product"]["source"]) == (NAMES[1], "users")
    history = database.execute(
        "select name from private.agreed_name_history where gtin14 = %s order by id", [gtin14]
    ).fetchall()
    assert [row["name"] for row in history][-4:] == [NAMES[1], NAMES[0], NAMES[2], NAMES[1]]


@pytest.mark.parametrize("entry", ["other product", "hidden"])
def test_an_entry_that_cannot_be_restored_changes_nothing(database, entry: str) -> None:
    gtin14, other = new_gtin(), new_gtin()
    for number, choice in ((gtin14, 0), (other, 2), (gtin14, 1)):
        vote(database, number, "users", [Account(1000 * (choice + 1) + place, choice) for place in range(3 + choice)])
    database.execute("select private.hide_product_name(%s, %s)", [gtin14, NAMES[0]])
    query = "select id from private.agreed_name_history where gtin14 = %s and name is not null order by id limit 1"
    row = database.execute(query, [other if entry == "other product" else gtin14]).fetchone()
    assert agreed(database, gtin14, "users") == NAMES[1]
    database.execute("select private.revert_product_name(%s, %s)", [gtin14, row["id"]])
    assert agreed(database, gtin14, "users") == NAMES[1]


@pytest.mark.parametrize("source", ["users", "receipts"])
def test_hiding_again_hides_no_further_name(database, user: User, source: str) -> None:
    gtin14 = new_gtin()
    for choice, accounts in enumerate((12, 8, 3)):
        vote(
            database,
            gtin14,
            source,
            [Account(1000 * choice + 400 + n, choice, 20 * choice + n) for n in range(accounts)],
        )

    def hide(*name: str) -> Row:
        call = f"select private.hide_product_name(%s{', %s' * len(name)}) as state"
        return dict(database.execute(call, [gtin14, *name]).fetchone()["state"])

    assert agreed(database, gtin14, source) == NAMES[0]
    state = hide()
    assert (state[source], state["hidden"]) == (NAMES[1], [NAMES[0].replace(" ", "")])
    user.supabase.rpc("report_product_name", {"gtin14": gtin14}).execute()
    assert [hide(), hide(NAMES[0]), hide()] == [state] * 3
    reports = "select from private.name_reports where gtin14 = %s"
    assert len(database.execute(reports, [gtin14]).fetchall()) == 1, "the report is about the next name"
    assert len(hide(NAMES[1])["hidden"]) == 2
    assert database.execute(reports, [gtin14]).fetchall() == []


def test_reverting_the_only_name_leaves_none(database) -> None:
    gtin14 = new_gtin()
    vote(database, gtin14, "receipts", [Account(1000 + place, 0, place + 1) for place in range(3)])
    state = database.execute("select private.revert_product_name(%s) as state", [gtin14]).fetchone()["state"]
    assert (state["receipts"], len(state["hidden"])) == (None, 1)


hosts = st.builds(
    lambda host, dot: host.replace(".", dot),
    st.sampled_from(
        ["evil.example", "shop.co.kr", "a.com", "bit.ly", "xn--abc.net", "한글.kr", "10.0.0.1", "악마.한국", "evil.ru"]
    ),
    st.sampled_from([".", ".", "．", "。", "[.]", "(.)", " . "]),
)
contacts = st.one_of(
    st.builds(
        lambda scheme, host: f"{scheme}{host}",
        st.sampled_from(["http://", "HTTPS://", "ｈｔｔｐ：//", "www.", ""]),
        hosts,
    ),
    st.sampled_from(["t.me/abc", "open.kakao.com/o/x", "me@example.com", "@handle", "카톡 abc1", "텔레그램 id"]),
    st.builds(
        lambda first, middle, last, mark: f"{first}{mark}{middle}{mark}{last}",
        st.sampled_from(["010", "011", "+8210", "02", "031", "070"]),
        st.integers(1000, 9999),
        st.integers(1000, 9999),
        st.sampled_from(["", "-", " ", ".", " - ", "ㅡ", "–", "—"]),
    ).filter(lambda number: not number.startswith("02") or len(number) > 8),
    st.builds(
        lambda middle, last, mark: f"010{mark}{middle}{mark}{last}",
        st.integers(1000, 9999),
        st.integers(1000, 9999),
        st.sampled_from(["*", "|", ":", "=", " ★ ", "!", "‥"]),
    ),
)


@settings(max_examples=60, deadline=None, suppress_health_check=ANY)
@given(
    st.lists(
        st.builds(
            lambda before, contact, after: before + contact + after,
            st.sampled_from(["", "맛있는 우유 ", "먹지 마세요 "]),
            contacts,
            st.sampled_from(["", " 방문", "\u200b"]),
        ),
        min_size=20,
        max_size=20,
    )
)
def test_links_and_contact_data_are_not_names(database, names: list[str]) -> None:
    query = "select n, private.is_product_name(private.clean_name(n)) as usable from unnest(%s::text[]) n"
    assert [row["n"] for row in database.execute(query, [names]).fetchall() if row["usable"]] == []


@pytest.mark.parametrize(
    "name",
    [
        "서울우유 1L", "Dr.Pepper 355ml", "코카콜라 1.5L", "삼다수 2L*6", "비비고 왕교자 1.05kg", "카카오 72%",
        "7-UP", "M&M's", "St.Dalfour 잼", "오뚜기 3분카레", "CJ)햇반 210g", "농심 신라면(5입)", "100% 오렌지주스",
        "1664 블랑", "No.1 김치", "2080 치약", "맥심 모카골드 12g*180T", "하이트제로0.00 355ml", "Mr.Coffee",
        "라인프렌즈 젤리", "햇감자 2026-11-28", "1.한국산 참깨", "No.1.한국인의 밥상",
    ],
)  # fmt: skip
def test_ordinary_names_are_names(database, name: str) -> None:
    query = "select private.is_product_name(private.clean_name(%s)) as usable, private.clean_name(%s) as name"
    assert database.execute(query, [name, name]).fetchone() == {"usable": True, "name": name}


@settings(max_examples=30, deadline=None, suppress_health_check=ANY)
@given(st.lists(st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"])), max_size=30))
def test_cleaned_names_have_one_line_and_no_control_characters(database, names: list[str]) -> None:
    rows = database.execute("select private.clean_name(n) as name from unnest(%s::text[]) n", [names]).fetchall()
    assert all(c.isprintable() or (not c.isspace() and ord(c) > 0x10FF) for row in rows for c in row["name"])


@pytest.mark.parametrize(
    "marks", ["\u3164", "\u115f\u1160", "\uffa0", "\U000e0041", "\u034f", "\ue000", "\ufe0f\u180b"]
)
def test_a_name_that_shows_nothing_is_empty(database, marks: str) -> None:
    row = database.execute(
        "select private.clean_name(%s) as blank, private.clean_name(%s) as name", [marks, f"우{marks}유"]
    )
    assert row.fetchone() == {"blank": "", "name": "우유"}


@pytest.mark.parametrize("name", ["http://evil.example", "우유 010-1234-5678", "", "\u200b", "---", "\u3164"])
def test_a_bad_name_is_refused_and_changes_nothing(user: User, database, name: str) -> None:
    gtin14 = new_gtin()
    with pytest.raises(APIError) as refused:
        user.supabase.rpc("name_product", {"gtin14": gtin14, "name": name}).execute()
    assert (refused.value.code, refused.value.hint) == ("PT422", "invalid_name")
    assert database.execute("select from public.product_names where gtin14 = %s", [gtin14]).fetchall() == []


@pytest.fixture
def household(make_user: Callable[[], User], database) -> Callable[[int], User]:
    """Makes users whose accounts are old enough, each with an hour of its own."""

    def household(place: int) -> User:
        user = make_user()
        database.execute(
            "update auth.users set created_at = now() - make_interval(days => 30, hours => %s) where id = %s",
            [place, user.user_id],
        )
        return user

    return household


@pytest.fixture
def read(read_receipt, ocr_answer) -> Callable[..., Row]:
    """Reads a receipt whose first item has that barcode and that name, and returns the item."""

    def read(user: User, gtin14: str, name: str, total: int) -> Row:
        answer = ocr_answer()
        answer["receipt"]["total"] = total
        answer["items"][0].update({"barcode": gtin14[1:], "name": name, "uncertain": False})
        _, items = read_receipt(user, answer)
        return dict(items[0])

    return read


def find(user: User, gtin14: str) -> Row | None:
    product: Row | None = user.supabase.rpc("find_product", {"gtin14": gtin14}).execute().data["product"]
    return product


def review(user: User, item: Row) -> Row:
    shown = user.supabase.rpc("review_receipt", {"receipt_id": str(item["receipt_id"])}).execute().data
    return next(each for each in shown["items"] if each["id"] == str(item["id"]))


def test_receipts_of_three_households_make_a_product_and_one_s_own_answers_at_once(
    household: Callable[[int], User], make_user: Callable[[], User], read: Callable[..., Row]
) -> None:
    gtin14 = new_gtin()
    stranger = make_user()
    for place in range(3):
        user = household(place)
        assert find(stranger, gtin14) is None
        read(user, gtin14, "서울우유 1L" if place else "서울 우유1L", 1000 + place)
        own = find(user, gtin14)
        assert own
        assert (own["source"], own["category"]) == ("receipt", "dairy")
    product = find(stranger, gtin14)
    assert product
    assert (product["name"], product["source"], product["category"]) == ("서울우유 1L", "receipts", "dairy")
    item = read(stranger, gtin14, "딴이름", 5000)
    assert (item["name"], item["decided_by"]) == ("딴이름", "model"), "it is offered, not put over what was read"
    assert review(stranger, item)["offer"] == {"name": "서울우유 1L", "category": "dairy", "source": "receipts"}


def test_a_name_that_users_agree_on_is_offered(
    database, make_user: Callable[[], User], read: Callable[..., Row]
) -> None:
    gtin14, user = new_gtin(), make_user()
    waiting = read(user, gtin14, "서울우유 1L", 900)
    vote(database, gtin14, "users", [Account(1000 + place, 2) for place in range(3)])
    later = read(user, gtin14, "서울우유 1L", 901)
    for item in (waiting, later):
        shown = review(user, item)
        assert (shown["name"], shown["category"]) == ("서울우유 1L", "dairy")
        assert shown["offer"] == {"name": NAMES[2], "category": None, "source": "users"}
    accepted = [{"receipt_item_id": str(later["id"]), "name": NAMES[2]}]
    arguments = {"receipt_id": str(later["receipt_id"]), "items": accepted}
    assert user.supabase.rpc("add_receipt_to_inventory", arguments).execute().data[0]["name"] == NAMES[2]
    assert review(user, later)["offer"] is None


def test_a_foreign_name_is_kept_beside_the_printed_one(
    database, make_user: Callable[[], User], read: Callable[..., Row]
) -> None:
    gtin14, user = new_gtin(), make_user()
    waiting = read(user, gtin14, "스팸 클래식 200g", 700)
    database.execute(
        "insert into public.products (gtin14, name, category_id, source) values "
        "(%s, 'Spam Classic', (select id from public.categories where code = 'canned'), 'openfoodfacts')",
        [gtin14],
    )
    for item in (waiting, read(user, gtin14, "스팸 클래식 200g", 701)):
        shown = review(user, item)
        assert (shown["name"], shown["category"]) == ("스팸 클래식 200g", "canned")
        assert shown["offer"] == {"name": "Spam Classic", "category": "canned", "source": "openfoodfacts"}
    product = find(user, gtin14)
    assert product
    assert (product["name"], product["printed_name"]) == ("Spam Classic", "스팸 클래식 200g")
