"""Mask personal data in every line before anything is returned, stored or logged.

Each masked character becomes `*`, so lengths and offsets do not change. Masked are card numbers (including the last
four digits), phone numbers, membership and approval numbers, and names of people. Barcodes (8 to 13 digits without a
label) and business registration numbers, which belong to companies, are kept.
"""

import re

_NAME = r"[가-힣]{1,4}[가-힣*○●]{0,3}"

_TIMESTAMP = r"20\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:[01]\d|2[0-3])[0-5]\d[0-5]\d(?!\d)"
"""Date and time without separators. No card number has 14 digits that start like this."""
_MONTH, _DAY_OF_MONTH = r"(?:0?[1-9]|1[0-2])", r"(?:0?[1-9]|[12]\d|3[01])"
_DAY = rf"\s(?:20\d\d-{_MONTH}-|(?:20\d\d|[12]\d)(?:\.{_MONTH}\.|/{_MONTH}/)){_DAY_OF_MONTH}(?![\d*-])"
"""The day of a receipt behind a number. Two digits for another year may be those of a birthday."""
_BARCODE = r"880\d{10}\d{1,4}(?!\d)"
"""A Korean barcode that touches the text after it. No card number starts like this."""
_GROUP4 = r"[\d*xX●•]{4}"

CARD = re.compile(
    rf"(?<![\d*])(?:{_GROUP4}(?P<gap>[-\s]){_GROUP4}(?P=gap){_GROUP4}(?P=gap)[\d*xX●•]{{1,4}}"
    rf"|{_GROUP4}-[\d*]{{6}}-[\d*]{{5}}|\d{{4,6}}[*xX●•]{{4,}}\d{{0,6}}|(?!{_TIMESTAMP}|{_BARCODE})\d{{14,19}})(?!\d)"
)
PHONE = re.compile(
    r"(?<![\d,.])(?:\+?82[-\s)]?)?(?:\(?0\d{1,2}\)?[-.\s)]{1,2}[\d*]{3,4}[-.\s][\d*]{4}|01[016789][\d*]{7,8}"
    r"|1[568]\d{2}-\d{4})(?![\d])"
)
RESIDENT = re.compile(r"(?<!\d)\d{6}-[1-4*][\d*]{6}(?!\d)")
LABELLED_NUMBER = re.compile(
    r"(?:(?<![가-힣])(?!사\s*업)[가-힣]{2,6}\s*번\s*호|카드\s*NO|회원\s*(?:코드|카드)?|포인트\s*카드|휴대폰|핸드폰|전화|연락처|(?<![A-Za-z]{2})(?:TEL|H\.?P)(?:[\s.]*NO)?(?=[\s:.：\])]*(?:[*(+]|[A-Z]{0,3}-?[\d*]|[A-Z]{1,3}[\s\-][A-Z]?[\d*]{2,4}[\s\-][\d*]{4}|[OQDIL]{2,3}[\s\-])))"
    rf"[\s:.：\])]*([A-Za-z\d*](?:(?!{_DAY})[A-Za-z\d*\-\s]){{4,}}[\d*]|[A-Za-z\d*]{{3,5}}(?={_DAY}))",
    re.IGNORECASE,
)
LABELLED_NAME = re.compile(
    r"(?:고객\s?명|회원\s?명|성\s?명|이\s?름|회\s?원|고\s?객|담당자?|계산원|캐\s?셔|판매원|판매자|대표자?(?:\s?명)?|점\s?장|점\s?주"
    rf"|CASHIER)\s*[\])]?\s*[:：\])]\s*(?:\d{{1,8}}[\s\-\[(/]*)?({_NAME})",
    re.IGNORECASE,
)
OWNER = re.compile(
    r"^[\[(\s]*(?:대\s?표(?:\s?자)?|성\s?명|담\s?당(?:\s?자)?|캐\s?셔|계산원|점\s?장)[\])]?\s+([가-힣]{3,4})\s*$"
)
"""A label and a name in separate columns."""
AFTER_TELEPHONE = re.compile(r"(?:TEL|전화|☎).{0,6}[\d*)\-.\s]{8,}\s+([가-힣]{3})\s*$", re.IGNORECASE)
"""The owner's name after the phone number."""
SURNAMES = (
    "김이박최정강조윤장임한오서신권황안송전홍유고문양손배백허남심노하곽성차주우구민류나진지엄채원천방공현함변염여추도"
    "소석선설마길연위표명기반왕금옥육인맹제모탁국어은편용"
)
NOT_A_NAME = (
    r"(?!이마트|하나로|신세계|한살림|(?:주문|구매|공급|배송|도착|방문)[일시]"
    r"|[가-힣]+(?:점|층|관|소|장|용|분|권|제|매|체|송|금|차|기|구매|주문|카드|결제)(?![가-힣]))"
)
CASHIER = re.compile(rf"(?<![가-힣]){NOT_A_NAME}([{SURNAMES}][가-힣]{{2}})(?![가-힣])")
"""A word of three syllables that starts with a surname; masked only next to a date and time."""
DATE_AND_TIME = re.compile(r"\d{2,4}[-/.]\d{2}[-/.]\d{2}\s*(?:\([월화수목금토일]\))?\s*\d{2}:\d{2}")
HONORIFIC = re.compile(
    r"(?<![가-힣*])(?!고객|회원|손님|점주|선생|임금|대왕|어머|아버|할머|교황|[가-힣]{1,2}마님)"
    r"([가-힣][가-힣*○]{1,3}?)\s?(?:고객|회원)?님(?!표)"
)
PARTLY_MASKED = re.compile(
    rf"(?<![가-힣\d*])([가-힣][*○●]{{1,2}}[가-힣]{{1,2}}|[가-힣]{{1,2}}[○●]{{1,2}}|[{SURNAMES}]\*\*)(?![가-힣\d*])"
)
ENDS_MASKED = re.compile(rf"(?<![가-힣\d*])([{SURNAMES}][가-힣]?\*{{1,2}})(?![가-힣\d*])")
"""A name whose end the store masked; masked only next to a date and time or a word for a person, because stores mark
untaxed items so, too: `상추*`."""
PERSON = re.compile(r"고\s?객|회\s?원|성\s?명|이\s?름|담\s?당|캐\s?셔|계산원|판매[원자]|점\s?[장주]|대\s?표")

_WHOLE = (CARD, PHONE, RESIDENT)
_GROUP = (LABELLED_NUMBER, LABELLED_NAME, OWNER, AFTER_TELEPHONE, HONORIFIC, PARTLY_MASKED)


def mask(text: str) -> str:
    """`text` with personal data masked, of the same length. Idempotent."""
    # What one pattern masks may complete another: repeat until nothing changes.
    while (masked := _mask_once(text)) != text:
        text = masked
    return text


def _mask_once(text: str) -> str:
    has_time = DATE_AND_TIME.search(text) is not None
    for pattern in _WHOLE:
        text = pattern.sub(_hide_match, text)
    for pattern in _GROUP:
        text = pattern.sub(_hide_group, text)
    if has_time or PERSON.search(text):
        text = ENDS_MASKED.sub(_hide_group, text)
    return CASHIER.sub(_hide_group, text) if has_time else text


def _hide_match(match: re.Match[str]) -> str:
    return _hide(match[0])


def _hide(text: str) -> str:
    return re.sub(r"[^\s\-.()+]", "*", text)


def _hide_group(match: re.Match[str]) -> str:
    """The match with its first group hidden."""
    start, end = match.start(1) - match.start(), match.end(1) - match.start()
    return match[0][:start] + _hide(match[0][start:end]) + match[0][end:]
