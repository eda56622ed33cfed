"""The link in reminders by mail that ends them, for mail programs (RFC 8058) and for people."""

from __future__ import annotations

import html
import uuid

from flask import Request, Response
from supabase import Client

from functions.core.errors import FunctionError
from functions.core.http import require_method
from functions.core.logs import get_logger
from functions.core.supabase import call_with_retry

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    # The link is the permission to end the mails.
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}
ASK = ("알림 메일을 그만 받을까요?", "Stop reminders by mail?")
DONE = (
    "알림 메일을 더 보내지 않아요. 앱에서 다시 켤 수 있어요.",
    "No more reminders by mail. You can turn them on again in the app.",
)
UNKNOWN = (
    "링크가 올바르지 않아요. 앱의 설정에서 끌 수 있어요.",
    "This link is not valid. You can turn the mails off in the app.",
)
LATER = ("지금은 안 돼요. 잠시 뒤 다시 눌러 주세요.", "This does not work at the moment. Try again later.")


def respond(request: Request, client: Client) -> Response:
    """`POST ?token=…` ends the mails; `GET` shows a button, because mail programs open links before people do.

    Whether the token exists is not told. Ending the mails twice is harmless.
    """
    try:
        if request.method != "POST":
            require_method(request, "GET", also="POST")
        try:
            token = str(uuid.UUID(request.args.get("token", "")))
        except ValueError:
            return _page(UNKNOWN, 400)
        if request.method == "GET":
            return _page(ASK, 200, with_button=True)
        call_with_retry(lambda: client.rpc("end_reminder_mails", {"p_token": token}).execute())
    except FunctionError as error:
        get_logger().warning("mails not ended", code=error.code, status=error.status)
        return _page(LATER, error.status)
    return _page(DONE, 200)


def _page(texts: tuple[str, str], status: int, *, with_button: bool = False) -> Response:
    korean, english = (html.escape(text) for text in texts)
    # Without an action the form goes to the address of the page, with its token.
    form = '<form method="post"><button>그만 받기 · Stop</button></form>' if with_button else ""
    body = (
        '<!doctype html><html lang="ko"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        "<title>장보기</title><style>body{font-family:sans-serif;max-width:30rem;margin:15vh auto;padding:0 1rem}"
        "button{font:inherit;padding:.8rem 1.5rem}</style>"
        f'<h1>장보기</h1><p>{korean}</p><p lang="en">{english}</p>{form}</html>'
    )
    return Response(body, status, content_type="text/html; charset=utf-8", headers=HEADERS)
