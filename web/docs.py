"""The API's description and its page, served from here: no other site is asked for anything."""

from pathlib import Path
from typing import Any

import flask_openapi_swagger
from flask import Blueprint, Response, current_app, jsonify, send_from_directory

from web import auth
from web.api.shapes import PREFIX
from web.idempotency import LONGEST_KEY

pages = Blueprint("docs", __name__, url_prefix=PREFIX)

_FILES = Path(flask_openapi_swagger.__file__).parent / "templates" / "swagger"
_PAGE = f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>REX API</title>
<link rel="stylesheet" href="{PREFIX}/docs/css/swagger-ui.css">
</head>
<body>
<div id="docs"></div>
<noscript>The description itself is at <a href="{PREFIX}/openapi.json">{PREFIX}/openapi.json</a>.</noscript>
<script src="{PREFIX}/docs/js/swagger-ui-bundle.js"></script>
<script src="{PREFIX}/docs/start.js"></script>
</body>
</html>
"""
_START = f"""SwaggerUIBundle({{
  url: "{PREFIX}/openapi.json", dom_id: "#docs", deepLinking: true, persistAuthorization: false, validatorUrl: null,
}});
"""


_IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "A word of your own for this request. Sent again within 24 hours, the same request gets the first"
    " answer, marked Idempotency-Replayed: true, and has no second effect.",
    "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY},
}


def complete(description: dict[str, Any]) -> None:
    """Add the header that every POST of a signed-in caller understands."""
    for path, operations in description["paths"].items():
        post = operations.get("post")
        if post and post.get("security") and not path.endswith("/session/link"):
            post.setdefault("parameters", []).append(_IDEMPOTENCY_KEY)


@pages.get("/openapi.json")
@auth.public
def openapi() -> Response:
    """The description in OpenAPI 3.1."""
    return jsonify(current_app.api_doc)  # type: ignore[attr-defined]  # flask-openapi's


@pages.get("/docs")
@auth.public
def docs() -> Response:
    """The page that explains the API and lets one try it."""
    return Response(_PAGE, mimetype="text/html")


@pages.get("/docs/start.js")
@auth.public
def start() -> Response:
    """The page's only script of ours, a file because the content security policy allows no other."""
    return Response(_START, mimetype="text/javascript")


@pages.get("/docs/<path:name>")
@auth.public
def file(name: str) -> Response:
    """Swagger UI's own files."""
    return send_from_directory(_FILES, name, max_age=86_400)
