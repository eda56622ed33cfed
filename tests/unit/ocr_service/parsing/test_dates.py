"""The day and time of a purchase in single lines."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocr_service.parsing.dates import find_day_in_number, find_purchase_time
from ocr_service.parsing.masking import mask

NOW = datetime(2026, 6, 1, 9, 0, tzinfo=ZoneInfo("Asia/Seoul"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2022-09-27 12:33", "2022-09-27T12:33"),
        ("2022-09-2712:33", "2022-09-27T12:33"),
        ("2022/09/05", "2022-09-05"),
        ("2022.9.5", "2022-09-05"),
        ("22-02-13", "2022-02-13"),
        ("23-08-10(목)", "2023-08-10"),
        ("23-08-10(목) 21:03:04", "2023-08-10T21:03:04"),
        ("[구 매]2017-06-02 21:13", "2017-06-02T21:13"),
        ("[매출일] 2025-04-25 14:23:14", "2025-04-25T14:23:14"),
        ("2024년 3월 7일 오후 2시 05분", "2024-03-07T14:05"),
        ("승인일시: 20220927", "2022-09-27"),
        ("20220927123345", "2022-09-27T12:33:45"),
        ("거래번호 20220927 123345", "2022-09-27"),
        ("2022 09 27 16:05", "2022-09-27T16:05"),
        ("2022~09-27 16:05", "2022-09-27T16:05"),
        ("2022/U9/27 16:05", "2022-09-27T16:05"),
        ("220927 16:05", "2022-09-27T16:05"),
        ("주문일시 2022-09-27 16:05 배송예정", "2022-09-27T16:05"),
        ("배송일 2022-09-29 주문일 2022-09-27", "2022-09-27"),
        ("매장수령 POS:01 2022-09-27 16:05", "2022-09-27T16:05"),
        ("출력 2022.09.27 16:05:20 담당 조00 출고 A-3", "2022-09-27T16:05:20"),
        ("15-05-14 16:20:55 02-1183", "2015-05-14T16:20:55"),
        ("배송예정 2022-09-27", None),
        ("[배송일] 2022-09-27", None),
        ("수령 가능일 : 2022-09-27", None),
        ("2022-09-27(화) 새벽 도착", None),
        ("주문마감 2022-09-27", None),
        ("09/27 도착 2022-09-27", None),
        ("2O22-O9-27", "2022-09-27"),
        ("22년 9월 5일 18:03", "2022-09-05T18:03"),
        ("01/04/26", "2026-01-04"),
        ("25/12/31", "2025-12-31"),
        ("31/12/25", "2025-12-31"),
        ("26.1.8(목)", "2026-01-08"),
        ("26.1.8 (목) 14:05", "2026-01-08T14:05"),
        ("1/03/22 15:58 850", "2022-01-03T15:58"),
        ("1/03/22 K8", "2022-01-03"),
        ("홍길동 2020-12-17 12:43:27 0004-00123", "2020-12-17T12:43:27"),
        ("11/20/2025 18:22", "2025-11-20T18:22"),
        ("20-11-2025 18:22", "2025-11-20T18:22"),
        ("2025,11,20 18:22", "2025-11-20T18:22"),
        ("Nov 20, 2025 18:22", "2025-11-20T18:22"),
        ("20 Nov 2025", "2025-11-20"),
        ("March 3rd, 2026", "2026-03-03"),
        ("2027-01-01", None),
        ("2026-06-02 09:00", None),
        ("유효기간 2025-12-31", None),
        ("교환/환불 2025.12.31 까지", None),
        ("[교환] 2025.12.31 까지", None),
        ("[교환] 2025.12.31 수 16:05", "2025-12-31T16:05"),
        ("<교환 영수증> 2025-12-31 15:03:46", "2025-12-31T15:03:46"),
        ("반품전표 2025-12-31", "2025-12-31"),
        ("[반 품]2025-12-31 16:05", "2025-12-31T16:05"),
        ("반품일자: 2025-12-31 구매일자: 2025-12-24", "2025-12-31"),
        ("원거래일 2025-12-24 / 교환일시 2025-12-31 16:05", "2025-12-31T16:05"),
        ("2025-12-31 16:05 원거래 2025-12-24", "2025-12-31T16:05"),
        ("원영수증 2025.12.24-02-0117", None),
        ("원거래 일시 : 2025-12-24", None),
        ("10,000 원 결제 2025-12-31", "2025-12-31"),
        ("행사 2025.12.01~2025.12.31", None),
        ("소비기한: 25.12.31", None),
        ("2025-13-01", None),
        ("2025-02-30", None),
        ("070-4006-0018", None),
        ("613-82-10300", None),
        ("1,700 1 1,700", None),
        ("2,000,12,300", None),
        ("8801045571362", None),
        ("카드결제는 30일(10월05일)이내", None),
    ],
)
def test_dates(text: str, expected: str | None) -> None:
    purchase_time = find_purchase_time(text, NOW)
    assert (purchase_time.isoformat() if purchase_time else None) == expected


@given(day=st.dates(date(2016, 7, 1), NOW.date()), form=st.sampled_from(["%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d"]))
def test_every_past_day_is_found(day: date, form: str) -> None:
    purchase_time = find_purchase_time(f"[판매] {day.strftime(form)} POS:01", NOW)
    assert purchase_time is not None
    assert purchase_time.day == day


@given(
    time=st.datetimes(datetime(2017, 1, 1), datetime(2026, 5, 30)),  # noqa: DTZ001
    form=st.sampled_from(["%Y%m%d%H%M%S", "승인 %Y%m%d%H%M%S", "%Y%m%d%H%M%S 0031"]),
)
def test_a_time_without_separators_is_read_and_not_masked(time: datetime, form: str) -> None:
    purchase_time = find_purchase_time(mask(time.strftime(form)), NOW)
    assert purchase_time is not None
    assert datetime.fromisoformat(purchase_time.isoformat()) == time.replace(microsecond=0)


@given(
    day=st.dates(date(2017, 1, 1), date(2026, 5, 30)),
    form=st.sampled_from(["{}0031", "영수증 {}01000198", "{}/32562932/00015540/59", "03-{}-000386", "NO {}021"]),
)
def test_a_day_in_a_transaction_number_is_found(day: date, form: str) -> None:
    text = form.format(day.strftime("%Y%m%d"))
    purchase_time = find_purchase_time(text, NOW) or find_day_in_number(text, NOW)
    assert purchase_time is not None
    assert purchase_time.day == day


@pytest.mark.parametrize("text", ["카드 2014011220140112", "회원 2022092700031", "8801045571362", "010-2022-0927"])
def test_other_numbers_are_not_days(text: str) -> None:
    assert find_day_in_number(text, NOW) is None


@given(st.text(max_size=40))
def test_a_purchase_time_is_never_in_the_future(text: str) -> None:
    purchase_time = find_purchase_time(text, NOW)
    assert purchase_time is None or purchase_time.day <= NOW.date()


@given(
    day=st.dates(date(2017, 1, 1), NOW.date()),
    form=st.sampled_from(["{y}.{m}.{d}({w})", "{y}. {m}. {d} 14:05", "{y}/{m}/{d} ({w}) 14:05", "{m}/{d}/{y} 14:05"]),
)
def test_days_and_months_of_one_digit_are_read(day: date, form: str) -> None:
    text = form.format(y=f"{day:%y}", m=day.month, d=day.day, w="월화수목금토일"[day.weekday()])
    purchase_time = find_purchase_time(text, NOW)
    assert purchase_time is not None
    if text.startswith(f"{day:%y}"):
        assert purchase_time.day == day


@given(ahead=st.integers(1, 31), form=st.sampled_from(["%y.%m.%d", "%y-%m-%d 12:30", "%y/%m/%d(수)", "%y%m%d 12:30"]))
def test_a_fast_clock_gives_no_day_of_the_past(ahead: int, form: str) -> None:
    assert find_purchase_time((NOW + timedelta(days=ahead)).strftime(form), NOW) is None


@pytest.mark.parametrize(
    "text", ["버전 1.0.3", "1.2.10", "사과 1/2/20", "1.2.20 a", "192.168.0.1", "2.5.1kg", "3/4/5 묶음"]
)
def test_versions_and_sizes_are_not_days(text: str) -> None:
    assert find_purchase_time(text, NOW) is None
