"""App: what is answered at which address. Every answer is made from files; two addresses do something: one stops a
training, one starts an explanation."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from wellfit.nouns import living
from wellfit.nouns.errors import RunError, WellfitError
from wellfit.nouns.explained import FOLDER
from wellfit.page import facts
from wellfit.page.compare import chart, compared
from wellfit.page.curves import Curves, since
from wellfit.page.explaining import PARTS, Explaining
from wellfit.page.files import content
from wellfit.page.guard import HEADERS, Guard, form_key, form_of
from wellfit.page.runs import Runs, scored
from wellfit.page.study import STUDY_PAGE, study_facts

HERE = Path(__file__).parent
LOOK_S = 0.3
"""Seconds between two looks at a run that somebody is looking at."""
LIST_S = 1.0
MOST_COMPARED = 50
PAGE = "text/html; charset=utf-8"
WRITTEN = {
    "page.css": "text/css",
    "live.js": "text/javascript",
    "charts.js": "text/javascript",
    "study.js": "text/javascript",
}
SHUT_IN = "sandbox allow-scripts; default-src 'none'; img-src data:; style-src 'unsafe-inline'"
"""For pages out of a run's folder: they may draw, but reach nothing, not even this page."""


class Page:
    """The answers. root: the folder of runs; token: who knows it may look, stop and explain; leaving: is the server
    going? explaining: the explanations that were started."""

    def __init__(self, root: Path, token: str, leaving: Callable[[], bool], explaining: Explaining):
        self.runs, self.curves, self.token, self.leaving = Runs(root), Curves(), token, leaving
        self.explaining = explaining
        self.pages = Environment(
            loader=FileSystemLoader(HERE),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.pages.filters |= {"address": lambda name: quote(name, safe="/"), "scored": scored}

    def html(self, template: str, status: int = 200, **shown: Any) -> HTMLResponse:
        return HTMLResponse(self.text(template, **shown), status)

    def text(self, template: str, **shown: Any) -> str:
        return self.pages.get_template(template).render(**shown, root=str(self.runs.root), key=form_key(self.token))

    def sorry(self, status: int, error: WellfitError) -> HTMLResponse:
        return self.html("sorry.html", status, error=error)

    def gone(self, name: str) -> HTMLResponse:
        return self.sorry(404, RunError(f"the run {name}", "it is not there (any more)", "go back to the list of runs"))

    # Every run of a file system's functions below is outside of the event loop: a slow disk holds nobody else up.

    async def index(self, request: Request) -> Response:
        rows = await run_in_threadpool(self.runs.rows)
        _, studies = await run_in_threadpool(self.runs.look)
        return self.html("runs.html", rows=rows, studies=sorted(studies))

    async def study(self, request: Request) -> Response:
        name = request.path_params["name"]
        folder = (await run_in_threadpool(self.runs.look))[1].get(name)
        if folder is None:
            return self.gone(name)
        found = await run_in_threadpool(study_facts, self.runs, folder)
        return self.html("study.html", name=name, study=found, drawn=_json(found["drawn"]))

    async def study_now(self, request: Request) -> Response:
        """What a page on a study asks for again and again while the search goes on."""
        name = request.path_params["name"]
        folder = (await run_in_threadpool(self.runs.look))[1].get(name)
        if folder is None:
            return JSONResponse({}, 404)
        found = await run_in_threadpool(study_facts, self.runs, folder)
        parts = {part: self.text(f"_{part}.html", name=name, study=found) for part in ("found", "trials")}
        return Response(_json({"parts": parts, "drawn": found["drawn"]}), media_type="application/json")

    async def study_page(self, request: Request) -> Response:
        name = request.path_params["name"]
        folder = (await run_in_threadpool(self.runs.look))[1].get(name)
        found = await run_in_threadpool(content, folder, STUDY_PAGE) if folder else None
        if found is None:
            return self.gone(f"{name}/{STUDY_PAGE}")
        return Response(
            found, headers={"content-security-policy": f"{SHUT_IN}; frame-ancestors 'self'"}, media_type=PAGE
        )

    async def one(self, request: Request) -> Response:
        name = request.path_params["name"]
        folder = await run_in_threadpool(self.runs.find, name)
        if folder is None:
            return self.gone(name)
        return self.html("run.html", **await run_in_threadpool(self._run_facts, name, folder))

    def _run_facts(self, name: str, folder: Path) -> dict[str, Any]:
        return {**facts.run_facts(self.runs, name, folder), "parts": PARTS, "explaining": self.explaining.shown(name)}

    async def compare(self, request: Request) -> Response:
        names = list(dict.fromkeys(request.query_params.getlist("run")))[:MOST_COMPARED]
        known = await run_in_threadpool(self.runs.names)
        missing = [name for name in names if name not in known]
        if missing:
            return self.gone(missing[0])
        if len(names) < 2:
            why = RunError("to compare runs", f"{len(names)} marked", "mark two or more in the list")
            return self.sorry(400, why)
        found = await run_in_threadpool(compared, self.runs, {name: known[name] for name in names})
        return self.html("compare.html", facts=found, chart=_json(chart(found)))

    async def curves_of(self, request: Request) -> Response:
        folder = await run_in_threadpool(self.runs.find, request.path_params["name"])
        if folder is None:
            return JSONResponse({"cursor": "", "tracks": []}, 404)
        return Response(await run_in_threadpool(self._curves, folder), media_type="application/json")

    def _curves(self, folder: Path) -> str:
        followed = self.curves.of(folder)
        return _json({"cursor": followed.cursor, "tracks": followed.shown()})

    async def report(self, request: Request) -> Response:
        return await self._file(request, facts.REPORT)

    async def explanation(self, request: Request) -> Response:
        page = request.path_params["page"]
        return await self._file(request, f"{FOLDER}/{page}.html", "; script-src 'unsafe-inline'", page)

    async def _file(self, request: Request, file: str, more: str = "", page: str = "") -> Response:
        name = request.path_params["name"]
        folder = await run_in_threadpool(self.runs.find, name)
        if folder is None:
            return self.gone(name)
        known = not page or page in await run_in_threadpool(facts.explained, folder)
        found = await run_in_threadpool(content, folder, file) if known else None
        if found is None:
            error = RunError(
                f"{file} of the run {name}", "no such file yet", f"`wellfit report {folder}` writes a report"
            )
            return self.sorry(404, error)
        shut = f"{SHUT_IN}{more}; frame-ancestors 'self'"
        return Response(found, headers={"content-security-policy": shut}, media_type=PAGE)

    async def stop(self, request: Request) -> Response:
        name = request.path_params["name"]
        if await form_of(request, self.token) is None:
            why = RunError(
                f"to stop {name}", "the request does not come from this page", "open the run's page and try again"
            )
            return self.sorry(403, why)
        folder = await run_in_threadpool(self.runs.find, name)
        if folder is None:
            return self.gone(name)
        if (await run_in_threadpool(self.runs.row, name, folder))["status"] in ("running", "silent"):
            try:
                await run_in_threadpool(living.ask_stop, folder)
            except RunError as error:
                return self.sorry(409, error)
        return RedirectResponse(f"/run/{quote(name, safe='/')}", 303)

    async def explain(self, request: Request) -> Response:
        name = request.path_params["name"]
        fields = await form_of(request, self.token)
        if fields is None:
            found, do = "the request does not come from this page", "open the run's page and try again"
            return self.sorry(403, RunError(f"to explain {name}", found, do))
        folder = await run_in_threadpool(self.runs.find, name)
        if folder is None:
            return self.gone(name)
        asked = fields.get("what", ""), fields.get("layer", "").strip()
        try:
            await run_in_threadpool(self.explaining.begin, name, folder, *asked)
        except RunError as error:
            return self.sorry(409, error)
        return RedirectResponse(f"/run/{quote(name, safe='/')}#report-title", 303)

    async def written(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in WRITTEN:
            return self.sorry(404, RunError(f"/static/{name}", "no such file", "go back to the list of runs"))
        return Response((HERE / name).read_bytes(), media_type=WRITTEN[name], headers={"cache-control": "no-cache"})

    async def refuse(self, scope: Any, receive: Any, send: Any) -> None:
        error = RunError(
            "this page",
            "the token in the address is missing or wrong",
            "open the whole address that `wellfit page` has printed, with ?token=",
        )
        await self.sorry(403, error)(scope, receive, send)

    async def rows_events(self, request: Request) -> Response:
        return _stream(self._rows(request))

    async def _rows(self, request: Request) -> AsyncIterator[str]:
        before = None
        while not self.leaving() and not await request.is_disconnected():
            rows = await run_in_threadpool(self.runs.rows)
            if rows != before:
                yield _event("rows", self.text("_rows.html", rows=rows))
                before = rows
            await asyncio.sleep(LIST_S)

    async def run_events(self, request: Request) -> Response:
        cursor = request.headers.get("last-event-id") or request.query_params.get("after", "")
        return _stream(self._run(request, request.path_params["name"], cursor))

    async def _run(self, request: Request, name: str, cursor: str) -> AsyncIterator[str]:
        """Readings since the cursor, then what comes; the other parts of the page when their files change."""
        before, folder = None, await run_in_threadpool(self.runs.find, name)
        while folder is not None and not self.leaving() and not await request.is_disconnected():
            cursor_now, new = await run_in_threadpool(since, folder, cursor)
            if new is None:
                yield _event("anew", "{}")
                return
            if new:
                yield _event("readings", _json(new), cursor_now)
            cursor = cursor_now
            now = (*await run_in_threadpool(facts.state, self.runs, name, folder), self.explaining.shown(name))
            if now != before:
                if before is not None and not (folder / "recipe.toml").exists():
                    break
                shown = await run_in_threadpool(self._run_facts, name, folder)
                parts = {part: self.text(f"_{part}.html", **shown) for part in ("head", "findings", "after")}
                yield _event("parts", _json(parts))
                before = now
            await asyncio.sleep(LOOK_S)
        if folder is None or not (folder / "recipe.toml").exists():
            yield _event("gone", "{}")


def app(
    root: Path, token: str, leaving: Callable[[], bool] = lambda: False, explaining: Explaining | None = None
) -> Any:
    """The ASGI application. Raises RunError where `root` is no folder."""
    page = Page(root, token, leaving, explaining or Explaining())
    routes = [
        Route("/", page.index),
        Route("/events", page.rows_events),
        Route("/compare", page.compare),
        Route("/study/{name:path}", page.study),
        Route("/study-now/{name:path}", page.study_now),
        Route("/study-page/{name:path}", page.study_page),
        Route("/run/{name:path}", page.one),
        Route("/curves/{name:path}", page.curves_of),
        Route("/follow/{name:path}", page.run_events),
        Route("/report/{name:path}", page.report),
        Route("/explained/{page}/{name:path}", page.explanation),
        Route("/stop/{name:path}", page.stop, methods=["POST"]),
        Route("/explain/{name:path}", page.explain, methods=["POST"]),
        Route("/static/{name}", page.written),
    ]

    async def lost(request: Request, error: Exception) -> Response:
        return page.sorry(404, RunError(request.url.path, "no such page", "go back to the list of runs"))

    async def failed(request: Request, error: Exception) -> Response:
        said = f"{type(error).__name__}: {error}"
        return page.sorry(500, RunError(request.url.path, said, "reload; if it stays so, tell wellfit's authors"))

    handlers: Any = {404: lost, 405: lost, Exception: failed}
    return Guard(Starlette(routes=routes, exception_handlers=handlers), token, page.refuse)


def _json(found: Any) -> str:
    return json.dumps(found, separators=(",", ":"), allow_nan=False)


def _event(kind: str, data: str, id_: str = "") -> str:
    lines = "".join(f"data: {line}\n" for line in data.splitlines())
    return f"event: {kind}\n{f'id: {id_}' + chr(10) if id_ else ''}{lines}\n"


def _stream(parts: AsyncIterator[str]) -> Response:
    return StreamingResponse(parts, media_type="text/event-stream", headers={**HEADERS, "x-accel-buffering": "no"})
