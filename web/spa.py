"""The Command Center's files: its page for every address of its own, and a plain word where it was not built."""

from pathlib import Path

from flask import Response, request, send_from_directory
from werkzeug.exceptions import NotFound
from werkzeug.security import safe_join

from web import auth, errors

BUILT = Path(__file__).parent / "ui" / "dist"

_NOT_BUILT = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>REX</title></head>
<body><h1>REX runs; its web interface was not built.</h1>
<p>Build it with <code>make up</code> (it needs no Node of your own), then reload this page.</p>
<p>The API works: see <a href="/api/rex/docs">its documentation</a>.</p></body></html>
"""


def answer(error: NotFound) -> Response:
    """What no route knows: a file of the interface, or its page, which finds its own way from the address."""
    path = request.path.lstrip("/")
    if request.method not in auth.READING or path.startswith("api/"):
        return errors.from_http(error)
    if path and (file := safe_join(str(BUILT), path)) and Path(file).is_file():
        return _file(path)
    if Path(path).suffix or not request.accept_mimetypes.accept_html:
        return errors.from_http(error)
    if not (BUILT / "index.html").is_file():
        return Response(_NOT_BUILT, status=503, mimetype="text/html")
    return _file("index.html")


def _file(path: str) -> Response:
    response = send_from_directory(BUILT, path)
    # The names of built assets change with their content.
    lasting = path.startswith("assets/")
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if lasting else "no-cache"
    return response
