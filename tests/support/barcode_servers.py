"""HTTP servers that use the documented formats of the product providers, correctly and incorrectly.

The products, makers and numbers are invented.
"""

from __future__ import annotations

import json
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.support.http_server import running

KEY = "k3y/with+signs="
NAME = "가상 우유 1L"


@dataclass(frozen=True)
class Reply:
    """One response.

    `manner`: plain, hang (no response), drip_head, drip_body (byte by byte), hang_up (no response), end_early (the
    connection ends behind the body, whatever length was announced).
    """

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})
    manner: str = "plain"


def document(value: Any, status: int = 200) -> Reply:
    return Reply(status, json.dumps(value, ensure_ascii=False).encode())


def page(html: str, status: int = 200) -> Reply:
    return Reply(status, html.encode(), {"Content-Type": "text/html; charset=utf-8"})


@dataclass
class Server:
    """A running server: the paths and headers of its requests, and its response to a path with query.

    `answered` is set once a whole response was sent.
    """

    url: str
    answer: Callable[[str], Reply]
    seen: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)
    answered: threading.Event = field(default_factory=threading.Event)


@contextmanager
def serving(answer: Callable[[str], Reply]) -> Iterator[Server]:
    """Serve until the end of the block, which also ends hanging responses."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            server.seen.append(self.path)
            server.headers.append(dict(self.headers))
            reply = server.answer(self.path)
            head = f"HTTP/1.1 {reply.status} Whatever\r\n"
            length = {} if "Transfer-Encoding" in reply.headers else {"Content-Length": str(len(reply.body))}
            fields = {**length, **reply.headers}
            head += "".join(f"{name}: {value}\r\n" for name, value in fields.items()) + "\r\n"
            try:
                self._send(reply, head.encode())
            except OSError:
                self.close_connection = True

        def _send(self, reply: Reply, head: bytes) -> None:
            if reply.manner == "plain":
                self.wfile.write(head + reply.body)
                server.answered.set()
                return
            self.close_connection = True
            if reply.manner == "hang":
                server.released.wait()
            elif reply.manner == "end_early":
                self.wfile.write(head + reply.body)
                self.connection.shutdown(socket.SHUT_RDWR)
            elif reply.manner == "drip_head":
                self._drip(head)
            elif reply.manner == "drip_body":
                self.wfile.write(head)
                self._drip(reply.body)
            else:
                self.connection.shutdown(socket.SHUT_RDWR)

        def _drip(self, data: bytes) -> None:
            """Too slow for any timeout, but never silent."""
            for byte in data:
                self.wfile.write(bytes([byte]))
                if server.released.wait(0.02):
                    return

        def log_message(self, *_: object) -> None:
            pass

    class Quiet(ThreadingHTTPServer):
        request_queue_size = 64

        def handle_error(self, *_: object) -> None:
            pass  # clients that disconnect early are part of the tests

    http = Quiet(("127.0.0.1", 0), Handler)
    server = Server(f"http://127.0.0.1:{http.server_port}", answer)
    with running(http):
        try:
            yield server
        finally:
            server.released.set()


def asked_number(path: str) -> str:
    """The barcode in a request to any of the providers."""
    parts = urlsplit(path)
    query = parse_qs(parts.query)
    for name in ("brcdNo", "brcd_no"):
        if name in query:
            return query[name][0]
    match = re.search(r"(?:product/|BAR_CD=|BRCD_NO=)([0-9]+)", parts.path)
    return match.group(1) if match else ""


# Open Food Facts


def off_product(**fields: Any) -> dict[str, Any]:
    return {
        "brands": "가상식품",
        "brands_tags": ["xx:gasang-foods"],
        "categories_tags": ["en:beverages", "en:dairies", "en:milks"],
        "generic_name_ko": "",
        "image_front_url": "https://images.openfoodfacts.org/images/products/1.jpg",
        "product_name": NAME,
        "product_name_en": "Sample Milk 1L",
        "product_name_ko": NAME,
        "product_type": "food",
        "quantity": "1 L",
        **fields,
    }


def off_v2_hit(code: str, **fields: Any) -> Reply:
    return document({"code": code, "product": off_product(**fields), "status": 1, "status_verbose": "product found"})


def off_v2_miss(code: str) -> Reply:
    return document({"code": code, "status": 0, "status_verbose": "product not found"}, 404)


def off_v3_hit(code: str, status: str = "success", **fields: Any) -> Reply:
    return document(
        {
            "code": code,
            "errors": [],
            "product": off_product(**fields),
            "result": {"id": "product_found", "lc_name": "Product found", "name": "Product found"},
            "status": status,
            "warnings": [],
        }
    )


def off_v3_failure(code: str, verdict: str) -> Reply:
    return document(
        {
            "code": code,
            "errors": [{"field": {"id": "code", "value": code}, "message": {"id": verdict, "name": ""}}],
            "result": {"id": verdict, "lc_name": "", "name": ""},
            "status": "failure",
            "warnings": [],
        },
        404,
    )


def off_v3_miss(code: str) -> Reply:
    return off_v3_failure(code, "product_not_found")


TOO_MANY = page("<!DOCTYPE html><html><body><h1>TOO MANY REQUESTS</h1></body></html>", 429)


# FoodQR, portal and data.go.kr


def foodqr_row(code: str, name: str = NAME, **fields: Any) -> dict[str, Any]:
    return {
        "brcdNo": code.zfill(14),
        "prdctNm": name,
        "ctv": "1L",
        "foodSeCdNm": "가공식품",
        "foodTypeCdNm": "우유",
        "bsshNm": "가상식품(주)",
        **fields,
    }


def foodqr(items: Any, total: int, code: str = "00") -> Reply:
    body = {"items": items, "numOfRows": 20, "pageNo": 1, "totalCount": total}
    return document({"response": {"header": {"resultCode": code, "resultMsg": "NORMAL_SERVICE"}, "body": body}})


def foodqr_hit(code: str) -> Reply:
    return foodqr({"item": [foodqr_row(code, "Sample Milk"), foodqr_row(code)]}, 2)


FOODQR_MISS = foodqr("", 0)


def datago_row(code: str, **fields: Any) -> dict[str, Any]:
    row = {"PRDCT_NM": NAME, "BRCD_NO": code.zfill(14), "ENTP_NM": "가상식품(주)", "VER_INFO": "3"}
    return row | {"VLD_BGNG_YMD": "20260420", "VLD_END_YMD": "99991231"} | fields


def datago(items: list[Any], code: str = "00") -> Reply:
    body = {"pageNo": 1, "totalCount": len(items), "numOfRows": 1, "items": items}
    return document({"header": {"resultCode": code, "resultMsg": "NORMAL SERVICE."}, "body": body})


def gateway_error(name: str, code: str) -> Reply:
    """An error of data.go.kr's gateway, which is XML whichever format was requested."""
    xml = (
        "<OpenAPI_ServiceResponse><cmmMsgHeader><errMsg>SERVICE ERROR</errMsg>"
        f"<returnAuthMsg>{name}</returnAuthMsg><returnReasonCode>{code}</returnReasonCode>"
        "</cmmMsgHeader></OpenAPI_ServiceResponse>"
    )
    return Reply(200, xml.encode(), {"Content-Type": "text/xml"})


# 식품안전나라


def mfds(service: str, code: str, row: dict[str, Any] | None = None, total: str = "0") -> Reply:
    envelope: dict[str, Any] = {"total_count": "1" if row else total}
    if row:
        envelope["row"] = [row]
    return document({service: envelope | {"RESULT": {"MSG": "설명", "CODE": code}}})


def c005_row(code: str, **fields: Any) -> dict[str, Any]:
    return {
        "PRDLST_REPORT_NO": "20990000000001",
        "PRMS_DT": "20150102",
        "END_DT": "",
        "PRDLST_NM": NAME,
        "POG_DAYCNT": "제조일로부터 10일",
        "PRDLST_DCNM": "우유",
        "BSSH_NM": "가상식품(주)",
        "BAR_CD": code,
        **fields,
    }


def i2570_row(code: str, **fields: Any) -> dict[str, Any]:
    return {
        "BRCD_NO": code,
        "PRDLST_REPORT_NO": "20990000000001",
        "CMPNY_NM": "가상식품(주)",
        "PRDT_NM": NAME,
        "LAST_UPDT_DTM": "2018-01-02",
        "PRDLST_NM": "우유",
        "HRNK_PRDLST_NM": "우유류",
        "HTRK_PRDLST_NM": "유가공품",
        **fields,
    }


def mfds_hit(path: str) -> Reply:
    number = asked_number(path)
    if "/C005/" in path:
        return mfds("C005", "INFO-000", c005_row(number))
    return mfds("I2570", "INFO-000", i2570_row(number))


def mfds_both(code: str, total: str = "0") -> Callable[[str], Reply]:
    """The same result code from both services."""
    return lambda path: mfds("C005" if "/C005/" in path else "I2570", code, total=total)


MFDS_BAD_KEY = page("<script>alert('인증키가 유효하지 않습니다.'); history.back();</script>")
OTHER_NUMBER = "8809999999990"
