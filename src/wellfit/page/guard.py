"""Guard: nobody gets an answer without the token, and no other site's page can act in its name."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Awaitable, Callable
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
MOST_FORM_BYTES = 10_000


class Guard:
    """ASGI around `app`: the token as ?token=, as a cookie that the first visit sets, or as a bearer; else 403.

    refuse: (scope, receive, send) -> the answer to those without it. The cookie's name is the token's own, since a browser
    shares cookies between the ports of a host.
    """

    def __init__(self, app: Callable[..., Awaitable[None]], token: str, refuse: Callable[..., Awaitable[None]]):
        self.app, self.token, self.refuse = app, token, refuse

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        headers = {k.decode("latin-1"): v.decode("latin-1") for k, v in scope["headers"]}
        query = parse_qs(scope["query_string"].decode("latin-1"))
        cookie = f"wellfit-{hashlib.sha256(self.token.encode()).hexdigest()[:8]}"
        if self._known(query.pop("token", [""])[0]) and scope["method"] == "GET":
            path = (scope.get("raw_path") or b"/").decode("latin-1").partition("?")[0]
            place = "/" + path.lstrip("/\\") + (f"?{urlencode(query, doseq=True)}" if query else "")
            value = f"{cookie}={self.token}; HttpOnly; SameSite=Lax; Path=/"
            await _answer(send, 303, {"location": place, "set-cookie": value})
            return
        held = (_cookie(headers.get("cookie", ""), cookie), headers.get("authorization", "").removeprefix("Bearer "))
        if not any(map(self._known, held)) and not scope["path"].startswith("/static/"):  # the same for everybody
            await self.refuse(scope, receive, _with(send, HEADERS))
            return
        await self.app(scope, receive, _with(send, HEADERS))

    def _known(self, word: str) -> bool:
        return hmac.compare_digest(word.encode(errors="replace"), self.token.encode())


def form_key(token: str) -> str:
    """What a form of ours carries, so that no other site's form passes for one."""
    return hmac.new(token.encode(), b"form", hashlib.sha256).hexdigest()


async def form_of(request: Any, token: str) -> dict[str, str] | None:
    """The fields of a posted form; None where it is not one of our own pages' (key, Origin, Sec-Fetch-Site)."""
    origin, site = request.headers.get("origin"), request.headers.get("sec-fetch-site", "same-origin")
    if site not in ("same-origin", "none"):
        return None
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        return None
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MOST_FORM_BYTES:
            return None
    fields = {k: v[0] for k, v in parse_qs(body.decode("latin-1")).items()}
    return fields if hmac.compare_digest(fields.get("key", "").encode(), form_key(token).encode()) else None


def _cookie(header: str, name: str) -> str:
    try:
        found = SimpleCookie(header).get(name)
    except CookieError:
        return ""
    return found.value if found else ""


def _with(send: Any, headers: dict[str, str]) -> Any:
    """`send` that adds headers, unless the answer has its own."""

    async def sent(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            own = {k.lower() for k, _ in message["headers"]}
            more = [(k.encode(), v.encode()) for k, v in headers.items() if k.encode() not in own]
            message = {**message, "headers": [*message["headers"], *more]}
        await send(message)

    return sent


async def _answer(send: Any, status: int, headers: dict[str, str]) -> None:
    named = [(k.encode(), v.encode()) for k, v in {**headers, "cache-control": "no-store"}.items()]
    await send({"type": "http.response.start", "status": status, "headers": named})
    await send({"type": "http.response.body", "body": b""})
