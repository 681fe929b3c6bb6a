"""Serves the app: the page script, the learner's cookie, and the workers behind it.

`app.py` stays a plain script that tests can run; everything that belongs to the server as a whole
(start-up, readiness, the cookie by which an anonymous learner is known) lives here.
"""

import argparse
import gc
import secrets
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import streamlit as st
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from backend import certificates, cluster, database
from backend.errors import BackendError
from curriculum.state import MoveRefused
from engine.map_files import MAP_PROBLEMS
from pages.parts import shell
from pages.parts.shell import COOKIE

TWO_YEARS = 2 * 365 * 24 * 3600
# Workers take both cores of a small machine while they warm up, and the first page comes first.
SECONDS_FOR_FIRST_PAGE = 6.0


def is_page(request: Request, response: Response) -> bool:
    """Whether this answers for a page: with it, or with word that the browser's copy still holds.

    Of a copy no type is said; but who wants a page asks for one.
    """
    if response.status_code == 304:
        return "text/html" in request.headers.get("accept", "")
    return response.headers.get("content-type", "").startswith("text/html")


class LearnerCookie(BaseHTTPMiddleware):
    """Gives every new visitor an unguessable token, which no script in the page can read."""

    async def dispatch(
        self, request: Request, call_next: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        """Set the cookie on the page itself, once; refresh its age at each visit."""
        response = await call_next(request)
        if is_page(request, response):
            response.set_cookie(
                COOKIE,
                request.cookies.get(COOKIE) or secrets.token_urlsafe(32),
                max_age=TWO_YEARS,
                httponly=True,
                samesite="lax",
                secure=request.url.scheme == "https",
            )
        return response


def prepare_first_page() -> None:
    """Do what the first page would wait for, while the first browser still loads its scripts."""
    import pandas  # noqa: F401  # Streamlit asks for it at the first component

    shell.written()
    with suppress(BackendError):  # A page that asks again says what is wrong.
        database.current().prepare()
    keep_for_good()


def keep_for_good() -> None:
    """Spare what is loaded the garbage collector, which Streamlit calls after every drawing."""
    gc.collect()
    gc.freeze()


@asynccontextmanager
async def lifespan(app: Any) -> AsyncIterator[dict[str, Any]]:
    """Prepare the first page, and warm workers up behind it; end them after the last one."""
    running = cluster.start(SECONDS_FOR_FIRST_PAGE)
    keep_for_good()
    threading.Thread(target=prepare_first_page, name="first page", daemon=True).start()
    yield {}
    if running:
        running.close()


def explain(problem: Exception) -> bool:
    """Say in one sentence what could not be done, wherever on a page it happened.

    Covers the script, callbacks and fragments alike; anything unforeseen keeps its own display.
    """
    if isinstance(problem, BackendError | MoveRefused):
        st.toast(str(problem), icon=":material/error:", duration="long")
        return True
    return False


async def ready(request: Request) -> JSONResponse:
    """Whether a run could start at once: 200 once the workers are warm, 503 before.

    Who asks wants workers: they begin to warm up, if no page has been drawn yet.
    """
    cluster.want()
    warm = cluster.worker_count() > 0
    return JSONResponse({"ready": warm}, status_code=200 if warm else 503)


def revocations(request: Request) -> JSONResponse:
    """Certificates that were taken back, and the key by which all are checked."""
    try:
        return JSONResponse(certificates.revocation_list(str(request.url.replace(query=""))))
    except BackendError as problem:
        return JSONResponse({"problem": str(problem)}, status_code=503)


app = st.App(
    "app.py",
    middleware=[Middleware(LearnerCookie)],
    routes=[Route("/api/ready", ready), Route("/api/revocations", revocations)],
    lifespan=lifespan,
    on_script_error=explain,
)


def main() -> None:
    """Read the two options and serve until interrupted."""
    parser = argparse.ArgumentParser(description="Serve Pip School.")
    parser.add_argument("--address", default="127.0.0.1", help="where to listen (loopback)")
    parser.add_argument("--port", type=int, default=8501, help="port to listen on (8501)")
    options = parser.parse_args()
    sys.stderr.writelines(f"Left out: {problem}\n" for problem in MAP_PROBLEMS.values())
    with suppress(KeyboardInterrupt):  # how everybody ends it, and no error
        app.run(
            config={
                "server.address": options.address,
                "server.port": options.port,
                "server.headless": True,
                "server.fileWatcherType": "none",
            }
        )


if __name__ == "__main__":
    main()
