"""The exporter as Prometheus scrapes it: a process on the real database, with a role that has no other rights."""

from __future__ import annotations

import random
import re
import sys
import uuid
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families
from psycopg import errors
from psycopg.conninfo import conninfo_to_dict
from psycopg.types.json import Jsonb

from infra.monitoring.champion_distribution import ChampionDistribution
from infra.monitoring.database import Database
from infra.monitoring.drift import bucket_rules
from infra.monitoring.exporter import Exporter
from infra.monitoring.metrics import DEFINITIONS, PREFIX
from local.client import User
from local.processes.service import Service, answers, free_port
from model_export.classifier.training_distribution import FILE, PACKAGED, TrainingDistribution
from model_export.release.publish import publish
from model_export.release.store import PublishingStore
from tests.support import barcode_servers as wire
from tests.support.barcode_servers import KEY, serving
from tests.support.households import audit
from tests.support.promql import EXPRESSIONS, selectors
from tests.support.releases import make_model
from tests.support.waiting import wait_until

SEOUL = ZoneInfo("Asia/Seoul")
Row = dict[str, Any]


class Scraped(dict[tuple[str, frozenset[tuple[str, str]]], float]):
    """Samples of one scrape by name and labels."""

    def of(self, name: str, **labels: str) -> float:
        """The sum of the samples of a name that have these labels."""
        return sum(value for (n, has), value in self.items() if n == PREFIX + name and labels.items() <= has)


@pytest.fixture(scope="module")
def role_url(database: psycopg.Connection[Row], database_url: str) -> Iterator[str]:
    """The role that docs/deploy.md creates for the exporter."""
    database.execute("create role exporter login password 'exporter'")
    database.execute("grant usage on schema private to exporter")
    database.execute("grant execute on function private.monitoring_snapshot(jsonb, timestamptz) to exporter")
    yield f"postgresql://exporter:exporter@127.0.0.1:{conninfo_to_dict(database_url)['port']}/postgres"
    database.execute("drop owned by exporter")
    database.execute("drop role exporter")


@pytest.fixture(scope="module")
def exporter_url(role_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    port = free_port()
    url = f"http://127.0.0.1:{port}/metrics"
    service = Service(
        "exporter",
        [sys.executable, "-m", "infra.monitoring", "serve", "--port", str(port), "--timeout", "2"],
        {"DATABASE_URL": role_url},
        tmp_path_factory.mktemp("exporter") / "exporter.log",
        answers(url),
    )
    service.start()
    try:
        service.wait()
        yield url
    finally:
        service.stop()


@pytest.fixture(scope="module")
def scrape(exporter_url: str, database: psycopg.Connection[Row]) -> Callable[..., Scraped]:
    """Scrapes after counting, as the sweep does each minute."""

    def scrape(*, count: bool = True) -> Scraped:
        if count:
            database.execute("delete from private.cached_figures")
            database.execute("select public.count_receipts(100000)")
        text = requests.get(exporter_url, timeout=20).text
        return Scraped(
            ((sample.name, frozenset(sample.labels.items())), sample.value)
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        )

    return scrape


@pytest.fixture
def review(read_receipt: Callable[..., tuple[Row, list[Row]]]) -> Callable[..., Row]:
    """A receipt of milk, tofu and a bag; the user adds the first unchanged and corrects the category of the second."""

    def review(user: User, category: str = "snack", answer: Row | None = None) -> Row:
        receipt, items = read_receipt(user, answer)
        edits = [
            {"receipt_item_id": str(items[0]["id"])},
            {"receipt_item_id": str(items[1]["id"]), "category": category},
        ]
        user.supabase.rpc("add_receipt_to_inventory", {"receipt_id": str(receipt["id"]), "items": edits}).execute()
        return receipt

    return review


def test_a_scrape_has_every_metric_in_the_form_that_prometheus_reads(scrape, exporter_url, review, user):
    review(user)
    scrape()
    families = {f.name: f for f in text_string_to_metric_families(requests.get(exporter_url, timeout=20).text)}
    assert set(families) == {PREFIX + name for name in DEFINITIONS}
    for name, definition in DEFINITIONS.items():
        family = families[PREFIX + name]
        assert (family.type, family.documentation) == (definition.kind, definition.text)
        assert all(set(sample.labels) == set(definition.labels) for sample in family.samples)
    assert scrape().of("database_up") == 1


def test_a_receipt_is_followed_from_its_upload_to_its_end(scrape, user, upload_receipt, claim, fail, database):
    before = scrape()
    queued = upload_receipt(user)
    now = scrape()
    assert now.of("receipts_open", state="queued") == before.of("receipts_open", state="queued") + 1
    database.execute(
        "update public.receipts "
        "set created_at = now() - interval '2 hours', next_attempt_at = now() - interval '1 hour' where id = %s",
        [queued["id"]],
    )
    now = scrape()
    assert now.of("oldest_open_receipt_seconds") >= 7200
    assert now.of("oldest_due_receipt_seconds") >= 3600
    (claimed,) = claim(queued["id"])
    assert scrape().of("receipts_open", state="processing") == before.of("receipts_open", state="processing") + 1
    assert fail(claimed, "not_a_receipt", retryable=False) == "failed"
    now = scrape()
    failed = {"code": "not_a_receipt", "dead_letter": "false"}
    assert now.of("receipts_failed_recent", **failed) == before.of("receipts_failed_recent", **failed) + 1
    recent = {"state": "failed", "attempts": "1"}
    assert now.of("receipts_recent", **recent) == before.of("receipts_recent", **recent) + 1
    photos = {"window": "7d", "result": "failed"}
    assert now.of("photos", **photos) == before.of("photos", **photos) + 1


def test_a_dead_letter_is_told_by_its_error_code_not_by_its_attempts(
    scrape, user, upload_receipt, claim, fail, database
):
    refused = {"code": "bad_request", "dead_letter": "true"}
    blurred = {"code": "no_text", "dead_letter": "false"}
    before = scrape()
    (claimed,) = claim(upload_receipt(user)["id"])
    assert fail(claimed, "bad_request", retryable=False) == "failed"
    queued = upload_receipt(user)
    database.execute("update public.receipts set attempts = 4 where id = %s", [queued["id"]])
    (claimed,) = claim(queued["id"])
    assert fail(claimed, "no_text", retryable=False) == "failed"
    now = scrape()
    for failed in (refused, blurred):
        assert now.of("receipts_failed_recent", **failed) == before.of("receipts_failed_recent", **failed) + 1


def test_a_receipt_whose_attempts_are_spent_is_a_dead_letter(scrape, user, upload_receipt, claim, fail, database):
    dead = {"code": "ocr_failed", "dead_letter": "true"}
    before = scrape()
    queued = upload_receipt(user)
    database.execute("update public.receipts set attempts = 4 where id = %s", [queued["id"]])
    (claimed,) = claim(queued["id"])
    assert fail(claimed) == "failed"
    assert scrape().of("receipts_failed_recent", **dead) == before.of("receipts_failed_recent", **dead) + 1


def test_corrections_and_kept_predictions_are_counted_separately(scrape, user, review, ocr_answer):
    before = scrape()
    review(user, "snack")
    review(user, "snack")  # now the alias says so, and the user keeps that
    now = scrape()

    def more(metric: str, **labels: str) -> float:
        return now.of(metric, **labels) - before.of(metric, **labels)

    for window in ("7d", "28d"):
        made_by = {"window": window, "model_version": "category-1"}
        assert more("items", **made_by) == 6
        assert more("reviewed_items", **made_by, category="dairy", result="right") == 2
        assert more("reviewed_items", **made_by, category="tofu", result="corrected") == 1
        assert more("reviewed_items", **made_by, category="tofu", result="known") == 1
        assert more("photos", window=window, result="processed") == 2
        assert more("photos_reviewed", window=window) == 2
        assert more("right_items", window=window) == 3  # the corrected one was not offered so
        assert more("photos_with_three_right_items", window=window) == 0
    month = datetime.now(SEOUL).strftime("%Y-%m")
    assert sum(v for (n, _), v in now.items() if n.endswith("by_month")) == 4 + sum(
        v for (n, _), v in before.items() if n.endswith("by_month")
    )
    assert any(("month", month) in labels for name, labels in now if name.endswith("by_month"))
    assert more("feedback", window="1d", kind="correction") == 1


def test_changes_besides_the_category_are_counted_by_field(scrape, user, read_receipt):
    before = scrape()
    receipt, (milk, tofu, bag) = read_receipt(user)
    edits = [
        {"receipt_item_id": str(milk["id"]), "storage": "freezer", "quantity": 3},
        {"receipt_item_id": str(tofu["id"]), "dismiss": True},
        {"receipt_item_id": str(bag["id"]), "dismiss": True},
    ]
    user.supabase.rpc("add_receipt_to_inventory", {"receipt_id": str(receipt["id"]), "items": edits}).execute()
    now = scrape()
    for field, changes in {"storage": 1, "quantity": 1, "dismissed": 1, "name": 0, "expires_on": 0}.items():
        changed = {"window": "7d", "field": field}
        assert now.of("item_changes", **changed) == before.of("item_changes", **changed) + changes


def test_a_pending_account_deletion_is_shown_until_it_is_completed(scrape, make_user, database):
    database.execute("delete from public.account_deletions")  # of other tests, whose users never go
    waiting, younger = make_user(), make_user()
    assert scrape().of("account_deletion_oldest_seconds") == 0
    for user in (waiting, younger):
        user.supabase.rpc("request_account_deletion").execute()
    database.execute(
        "update public.account_deletions set requested_at = now() - interval '2 days' where user_id = %s",
        [waiting.user_id],
    )
    assert scrape().of("account_deletion_oldest_seconds") >= 172_800
    database.execute("delete from auth.users where id = %s", [waiting.user_id])
    assert 0 < scrape().of("account_deletion_oldest_seconds") < 172_800
    database.execute("delete from auth.users where id = %s", [younger.user_id])
    assert scrape().of("account_deletion_oldest_seconds") == 0


def test_three_items_added_as_offered_make_a_good_photo(scrape, user, read_receipt):
    before = scrape()
    receipt, items = read_receipt(user)
    user.supabase.rpc(
        "add_receipt_to_inventory",
        {"receipt_id": str(receipt["id"]), "items": [{"receipt_item_id": str(item["id"])} for item in items]},
    ).execute()
    now = scrape()
    good = "photos_with_three_right_items"
    assert now.of(good, window="7d") == before.of(good, window="7d") + 1


def test_a_replaced_photo_is_not_a_failure(scrape, user, upload_receipt):
    before = scrape()
    path = f"{user.user_id}/{uuid.uuid4()}.jpg"
    upload_receipt(user, path)
    upload_receipt(user, path, upsert=True)
    failed = {"window": "7d", "result": "failed"}
    assert scrape().of("photos", **failed) == before.of("photos", **failed)


def test_past_days_stay_counted_when_their_user_leaves(scrape, make_user, review, database):
    user = make_user()
    receipt = review(user)
    day = datetime.now(UTC) - timedelta(days=20)
    database.execute("update public.receipts set created_at = %s where id = %s", [day, receipt["id"]])
    database.execute("insert into private.changed_receipts (receipt_id) values (%s)", [receipt["id"]])
    counted = scrape()
    database.execute("delete from auth.users where id = %s", [user.user_id])
    again = scrape()
    for scraped in (counted, again):
        assert scraped.of("photos", window="28d") == scraped.of("photos", window="7d") + 1
        reviewed = {"model_version": "category-1", "category": "tofu", "result": "corrected"}
        assert scraped.of("reviewed_items", window="28d", **reviewed) == 1 + scraped.of(
            "reviewed_items", window="7d", **reviewed
        )


def counts(database: psycopg.Connection[Row]) -> Counter[tuple[str, str, str]]:
    rows = database.execute("select metric, at::text, labels::text, n from private.counts where n <> 0").fetchall()
    return Counter({(row["metric"], row["at"], row["labels"]): row["n"] for row in rows})


def recounted(database: psycopg.Connection[Row]) -> Counter[tuple[str, str, str]]:
    """The same from all receipts at once; older ones are not counted any more."""
    rows = database.execute(
        "select metric, at::text, labels::text, sum(n)::bigint as n "
        "from private.facts_of(array(select id from public.receipts where created_at > now() - interval '60 days')) "
        "group by 1, 2, 3"
    ).fetchall()
    return Counter({(row["metric"], row["at"], row["labels"]): row["n"] for row in rows})


@pytest.mark.parametrize("seed", range(4))
def test_counting_changes_equals_counting_everything(
    seed, make_user, upload_receipt, claim, fail, complete, ocr_answer, database
):
    """Uploads, failures, results, retries, reviews and corrections in any order, counted after any of them."""
    rng = random.Random(seed)
    user = make_user()
    database.execute("truncate private.counts, private.receipt_facts, private.changed_receipts")
    database.execute(
        "insert into private.changed_receipts (receipt_id) select id from public.receipts where status = 'done'"
    )
    database.execute(
        "insert into private.changed_receipts (receipt_id) select id from public.receipts where status = 'failed'"
    )
    receipts: list[Row] = []

    def own(status: str) -> list[str]:
        query = "select id from public.receipts where user_id = %s and status = %s"
        return [str(row["id"]) for row in database.execute(query, [user.user_id, status]).fetchall()]

    def upload() -> None:
        receipts.append(upload_receipt(user))

    def give_up() -> None:
        for receipt_id in own("queued")[:1]:
            (leased,) = claim(receipt_id)
            fail(leased, rng.choice(["no_text", "bad_request"]), retryable=False)

    def read() -> None:
        for receipt_id in own("queued")[:1]:
            (leased,) = claim(receipt_id)
            complete(leased, ocr_answer())

    def retry() -> None:
        for receipt_id in own("failed")[:1]:
            user.supabase.rpc("retry_receipt", {"receipt_id": receipt_id}).execute()

    def review() -> None:
        items = database.execute(
            "select i.id, i.status from public.receipt_items i join public.receipts r on r.id = i.receipt_id "
            "where r.user_id = %s and i.status = 'pending'",
            [user.user_id],
        ).fetchall()
        for item in rng.sample(items, min(1, len(items))):
            receipt = database.execute("select receipt_id from public.receipt_items where id = %s", [item["id"]])
            (row,) = receipt.fetchall()
            edit = {"receipt_item_id": str(item["id"])} | rng.choice(
                [{}, {"category": "snack"}, {"name": "다른 이름"}, {"dismiss": True}]
            )
            arguments = {"receipt_id": str(row["receipt_id"]), "items": [edit]}
            user.supabase.rpc("add_receipt_to_inventory", arguments).execute()

    def correct() -> None:
        items = database.execute(
            "select i.id from public.receipt_items i join public.receipts r on r.id = i.receipt_id "
            "where r.user_id = %s",
            [user.user_id],
        ).fetchall()
        for item in rng.sample(items, min(1, len(items))):
            arguments = {"receipt_item_id": str(item["id"]), "category": rng.choice(["egg", "dairy", "tofu"])}
            user.supabase.rpc("correct_category", arguments).execute()

    def count() -> None:
        database.execute("select public.count_receipts(%s)", [rng.choice([1, 3, 1000])])

    for _ in range(40):
        rng.choice([upload, give_up, read, read, retry, review, review, correct, count])()
    while database.execute("select public.count_receipts() as n").fetchone()["n"]:
        pass
    assert counts(database) == recounted(database)


def test_counting_twice_at_once_counts_once(scrape, review, user, database, database_url):
    scrape()
    before = scrape().of("photos", window="7d", result="processed")
    review(user)
    with psycopg.connect(database_url) as other:
        assert other.execute("select public.count_receipts()").fetchone() > (0,)
        assert database.execute("select public.count_receipts() as n").fetchone() == {"n": 0}
    assert scrape().of("photos", window="7d", result="processed") == before + 1


def test_a_snapshot_only_reads(database_url):
    """So that it can be taken from a read replica."""
    with psycopg.connect(database_url, options="-c default_transaction_read_only=on") as replica:
        assert replica.execute("select count(*) from private.monitoring_snapshot(null)").fetchone() > (0,)


def test_the_canarys_receipts_count_for_nothing(scrape, read_receipt, user, database):
    scrape()
    before = scrape().of("photos", window="7d")
    receipt, _ = read_receipt(user)
    database.execute(
        "update public.receipts set object_path = %s where id = %s",
        [f"{user.user_id}/canary-{uuid.uuid4().hex}.jpg", receipt["id"]],
    )
    assert scrape().of("photos", window="7d") == before


def test_a_scrape_contains_no_personal_data_and_no_item_names(scrape, exporter_url, user, review, database):
    receipt = review(user)
    text = requests.get(exporter_url, timeout=20).text
    words = {
        user.user_id,
        user.email,
        str(receipt["id"]),
        receipt["object_path"],
        receipt["store_name"],
        "우유",
        "두부",
    }
    assert [word for word in words if word in text] == []


def test_its_role_has_no_other_rights(role_url: str, database: psycopg.Connection[Row]):
    tables = database.execute(
        "select format('%I.%I', schemaname, tablename) as name from pg_tables "
        "where schemaname in ('public', 'private', 'auth', 'storage')"
    ).fetchall()
    with psycopg.connect(role_url, autocommit=True) as exporter:
        for table in tables:
            with pytest.raises(errors.InsufficientPrivilege):
                exporter.execute(f"select * from {table['name']}")
        with pytest.raises(errors.InsufficientPrivilege):
            exporter.execute("select public.count_receipts()")


def test_it_reports_that_the_database_is_down_and_up_again(scrape, database):
    database.execute("alter role exporter nologin")
    database.execute("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'exporter'")
    assert dict(scrape()) == {("jangbogi_database_up", frozenset()): 0}
    database.execute("alter role exporter login")
    assert scrape().of("database_up") == 1


def test_a_connection_lost_between_two_scrapes_is_not_an_outage(scrape, database):
    assert scrape().of("database_up") == 1
    database.execute("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'exporter'")
    assert scrape().of("database_up") == 1


def test_a_slow_database_counts_as_down(scrape, database_url):
    with psycopg.connect(database_url) as blocker:
        blocker.execute("lock table public.receipts in access exclusive mode")
        assert dict(scrape(count=False)) == {("jangbogi_database_up", frozenset()): 0}
        blocker.rollback()
    assert scrape().of("database_up") == 1


def test_drift_is_measured_against_the_distribution_of_the_released_model(
    role_url, user, read_receipt, tmp_path, database
):
    read_receipt(user)
    database.execute("select public.count_receipts(100000)")
    store = PublishingStore(f"file://{tmp_path}/releases")
    model = make_model(tmp_path / "model", 30)
    publish(store, model)
    snapshots = Database(role_url, timeout_s=8)
    exporter = Exporter(snapshots, ChampionDistribution(TrainingDistribution.load(PACKAGED), store, every_s=0))

    def metrics() -> dict[str, dict[str, float]]:
        return {
            family.name.removeprefix(PREFIX): {str(sample.labels): sample.value for sample in family.samples}
            for family in exporter.collect()
        }

    try:
        own = metrics()
        assert own["drift_reference"] == {str({"version": TrainingDistribution.load(model / FILE).version}): 1}
        assert set(own["drift_psi"]) == {str({"feature": name}) for name in TrainingDistribution.load(PACKAGED).shares}

        manifest = store.manifest()
        files = {name: file for name, file in manifest.champion.files.items() if name != FILE}
        store.write_manifest(
            manifest.model_copy(update={"champion": manifest.champion.model_copy(update={"files": files})})
        )
        without = metrics()
        assert [without[name] for name in ("drift_reference", "drift_psi", "drift_js", "drift_items")] == [{}] * 4
        assert without["database_up"] == {"{}": 1}
        assert without["items"] == own["items"]
    finally:
        snapshots.close()


def test_the_database_sorts_items_into_the_buckets_of_the_distribution(database, user, read_receipt, ocr_answer):
    distribution = TrainingDistribution.load(PACKAGED)
    rng = random.Random(6)
    answer = ocr_answer()
    template = answer["items"][0]
    names = ["뷁뷁 500g", "1+1 ABC", "곰탕 한우 우족 사골 진하게 우린 국물 1.5L"] + [
        "".join(rng.choice("뷁가나우유 두부A1") for _ in range(rng.randint(1, 24))).strip() or "x" for _ in range(60)
    ]
    answer["items"] = [
        template
        | {"line_no": n, "name": name, "category": {"code": rng.choice(["egg", "tofu"]), "confidence": rng.random()}}
        for n, name in enumerate(names, 1)
    ]
    rules = Jsonb(bucket_rules(distribution))
    query = (
        "select labels ->> 'feature' as f, labels ->> 'bucket' as b, value as n from private.drift_figures(%s, now())"
    )

    def buckets() -> Counter[tuple[str, str]]:
        return Counter({(row["f"], row["b"]): row["n"] for row in database.execute(query, [rules]).fetchall()})

    before = buckets()
    read_receipt(user, answer)
    counted = buckets()
    counted.subtract(before)

    expected: Counter[tuple[str, str]] = Counter()
    trained = set(distribution.syllables)
    for item in answer["items"]:
        expected["category", item["category"]["code"]] += 1
        hangul = [c for c in item["name"] if "가" <= c <= "힣"]
        values = {"confidence": item["category"]["confidence"], "name_length": len(item["name"])}
        if hangul:
            values["unknown_syllables"] = sum(c not in trained for c in hangul) / len(hangul)
        for feature, value in values.items():
            expected[feature, str(bisect_right(distribution.edges[feature], value))] += 1
    assert {key: n for key, n in counted.items() if n} == dict(expected)


def test_responses_and_provider_outcomes_are_counted(scrape, start_function, user):
    number = "8809444444447"

    def answer(path: str) -> wire.Reply:
        return wire.foodqr_hit(number) if wire.asked_number(path).endswith(number) else wire.FOODQR_MISS

    ok = {"function": "barcode_lookup", "class": "2xx"}
    before, day = scrape(), datetime.now(SEOUL).date()
    with serving(answer) as provider:
        settings = {"OPENFOODFACTS__CONTACT": "", "FOODQR__URL": provider.url, "FOODQR__KEY": KEY}
        with start_function("barcode_lookup", **settings, BARCODE_BUDGET_S="10") as function:
            headers = {"Authorization": f"Bearer {user.access_token}"}
            response = requests.get(function.url, params={"barcode": number}, headers=headers, timeout=20)
            assert response.json()["outcome"] == "found"
            counted = before.of("api_answers_total", **ok)
            wait_until(lambda: scrape().of("api_answers_total", **ok) > counted, "The answer was not counted.")
    now = scrape()
    assert now.of("api_answers_total", **ok) == before.of("api_answers_total", **ok) + 1
    hit = {"provider": "foodqr", "outcome": "hit"}
    assert now.of("provider_outcomes_total", **hit) == before.of("provider_outcomes_total", **hit) + 1
    assert now.of("provider_calls", provider="foodqr", period="day") > 0 or datetime.now(SEOUL).date() > day
    errors = {"function": "barcode_lookup", "class": "5xx"}
    # The series exists even without errors; otherwise rate() would miss the first one.
    assert now[f"{PREFIX}api_answers_total", frozenset(errors.items())] == before.of("api_answers_total", **errors)


@pytest.fixture
def something_of_everything(
    database: psycopg.Connection[Row], review: Callable[..., Row], user: User, upload_receipt: Callable[..., Row]
) -> Iterator[None]:
    """Rows for every state that rules and panels query."""
    user.supabase.rpc("set_reading_consent", {"allowed": True}).execute()
    review(user)
    upload_receipt(user)
    database.execute(
        "update public.receipts set status = 'failed', attempts = 5, error_code = 'ocr_failed' where id = %s",
        [upload_receipt(user)["id"]],
    )
    for reason in ("auth", "quota"):
        database.execute(
            "insert into public.provider_states (provider, refuse_until, reason) "
            "values ('refuses by ' || %s, now() + interval '1 hour', %s)",
            [reason, reason],
        )
    database.execute(
        "insert into public.provider_quota (provider, period, window_start, used) values ('test', 'day', now(), 1)"
    )
    database.execute(
        "insert into public.product_bulk_loads (source, started_at, finished_at) values ('test', now(), now())"
    )
    answered = [{"function": "barcode_lookup", "status": 200, "answers": 1}]
    database.execute("select public.count_api_answers(%s)", [Jsonb(answered)])
    audit(database, {"감사된 우유": "dairy", "감사된 과자": "snack"}, datetime.now(UTC))
    database.execute("delete from private.cached_figures")
    database.execute("select public.count_receipts(100000)")
    yield
    database.execute("delete from public.audit_items where starts_with(item_text, '감사된')")
    database.execute("delete from public.item_annotations where starts_with(item_text, '감사된')")
    database.execute("delete from public.provider_states where starts_with(provider, 'refuses by')")
    database.execute("delete from public.provider_quota where provider = 'test'")
    database.execute("delete from public.product_bulk_loads where source = 'test'")


def lock_age(database: psycopg.Connection[Row]) -> float:
    row = database.execute("select value from private.lock_figures()").fetchone()
    assert row is not None
    return float(row["value"])


@pytest.mark.parametrize("table", ["public.receipts", "private.missed_photo_events", "storage.objects"])
def test_a_held_lock_is_a_metric(database, database_url, table):
    assert lock_age(database) == 0
    with psycopg.connect(database_url) as migration:
        migration.execute(f"lock table {table} in share row exclusive mode")
        assert lock_age(database) > 0
    with psycopg.connect(database_url) as user:
        user.execute(f"lock table {table} in row exclusive mode")
        assert lock_age(database) == 0, "users only lock rows"


@pytest.mark.usefixtures("something_of_everything")
def test_every_metric_of_the_database_is_published(database):
    rules = Jsonb(bucket_rules(TrainingDistribution.load(PACKAGED)))
    rows = database.execute("select distinct metric from private.monitoring_snapshot(%s)", [rules]).fetchall()
    made_by_the_exporter = {
        "drift_psi",
        "drift_js",
        "drift_items",
        "drift_reference",
        "database_up",
        "snapshot_seconds",
    }
    assert {row["metric"] for row in rows} == set(DEFINITIONS) - made_by_the_exporter | {"drift"}


@pytest.mark.usefixtures("something_of_everything")
def test_every_rule_and_panel_queries_existing_label_values(scrape):
    samples = [(name, dict(labels)) for name, labels in scrape()]
    for where, expression in EXPRESSIONS.items():
        for selector in selectors(expression):
            series = [labels for name, labels in samples if name == selector.name]
            if selector.name.startswith(PREFIX):
                assert any(all(fits(m, labels) for m in selector.matchers.matchers) for labels in series), where


def fits(matcher: Any, labels: dict[str, str]) -> bool:
    """Whether labels match one matcher of a selector."""
    value = labels.get(matcher.name, "")
    same = re.fullmatch(matcher.value if "Re" in str(matcher.op) else re.escape(matcher.value), value) is not None
    return same != ("Not" in str(matcher.op))


def test_the_use_of_the_largest_user_is_told_apart(database, make_user):
    database.execute("delete from private.daily_use")
    for used in (3, 40, 7):
        database.execute(
            "insert into private.daily_use (user_id, action, day, used) "
            "values (%s, 'receipts', private.korean_day(now()), %s)",
            [make_user().user_id, used],
        )
    rows = database.execute("select * from private.use_figures(now()) where labels ->> 'action' = 'receipts'")
    assert {row["metric"]: row["value"] for row in rows} == {"daily_use": 50, "daily_use_of_largest_user": 40}
    database.execute("delete from private.daily_use")
