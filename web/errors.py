"""Every refusal as application/problem+json: what is wrong, where, what would be right, and what would help."""

import json
from dataclasses import asdict
from http import HTTPStatus
from typing import Any

import pydantic
import structlog
from flask import Flask, Response, g, jsonify, request
from werkzeug.exceptions import HTTPException

from rex_celery.errors import InvalidError, Problem, RefusedError
from web import expectations

log = structlog.get_logger()

_MEGABYTE = 1024 * 1024
_CODES = {
    400: "bad_request",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "unsupported_media_type",
}


def register(app: Flask) -> None:
    """Let every way out of a request speak the same format."""
    app.register_error_handler(RefusedError, refused)
    app.register_error_handler(HTTPException, from_http)
    app.register_error_handler(RecursionError, _too_deep)
    app.register_error_handler(Exception, _unexpected)


def refused(error: RefusedError) -> Response:
    """Our own refusal as a response."""
    body: dict[str, object] = {
        "type": "about:blank",
        "title": HTTPStatus(error.status).phrase,
        "status": error.status,
        "detail": error.detail,
        "code": error.code,
        "errors": [asdict(problem) for problem in error.problems],
        "action": error.action or None,
    }
    if request_id := g.get("request_id"):
        body["request_id"] = request_id
    response = jsonify(body)
    response.status_code, response.mimetype = error.status, "application/problem+json"
    if error.status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = 'Bearer realm="REX"'
    return response


def invalid(error: pydantic.ValidationError) -> Response:
    """What flask-openapi calls when a request does not fit its model."""
    try:
        _see_json()
    except RefusedError as refusal:
        return refused(refusal)
    problems = tuple(_problem(dict(one), error.title) for one in error.errors(include_url=False, include_input=False))
    first = problems[0]
    return refused(InvalidError(f"{first.where}: {first.what}.", problems=problems))


def _see_json() -> None:
    """A body that is not JSON at all deserves to hear that, not that its fields are missing."""
    if request.method not in {"POST", "PATCH"} or request.mimetype == "multipart/form-data":
        return
    if not request.is_json:
        expected = Problem("header.Content-Type", f"is {request.mimetype or 'missing'}", "application/json")
        raise RefusedError("The body must be JSON.", status=415, code=_CODES[415], problems=(expected,))
    try:
        json.loads(request.get_data())
    except UnicodeDecodeError as error:
        problem = Problem(f"body, byte {error.start}", "is not UTF-8", "UTF-8")
        raise RefusedError("The body is not UTF-8.", status=400, code="not_json", problems=(problem,)) from error
    except json.JSONDecodeError as error:
        problem = Problem(f"body, line {error.lineno}, column {error.colno}", error.msg, "a JSON object")
        raise RefusedError("The body is not JSON.", status=400, code="not_json", problems=(problem,)) from error


def _problem(error: dict[str, Any], model: str) -> Problem:
    where = ".".join(map(str, error["loc"]))
    place = ".".join(filter(None, (_part(where), where)))
    return Problem(place, expectations.what(error), expectations.expected(error, model))


def _part(where: str) -> str:
    if where.partition(".")[0] in (request.view_args or {}):
        return "path"
    return "body" if request.method in {"POST", "PATCH"} else "query"


def from_http(error: HTTPException) -> Response:
    """Werkzeug's own refusals; one that carries a response of ours is passed on."""
    if isinstance(error.response, Response):
        return error.response
    status = error.code or 500
    action = "See /api/rex/docs." if status in {404, 405} else ""
    code = _CODES.get(status, HTTPStatus(status).name.lower())
    told = RefusedError(error.description or "", status=status, code=code, action=action)
    refusal = _too_large() if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE else told
    response = refused(refusal)
    for name, value in error.get_headers(request.environ):
        if name == "Allow":
            response.headers[name] = value
    return response


def _too_large() -> RefusedError:
    megabytes = (request.max_content_length or 0) / _MEGABYTE
    problem = Problem("body", "is too large", f"at most {megabytes:g} MB" if megabytes else "a smaller one")
    return RefusedError("The body is too large.", status=413, code=_CODES[413], problems=(problem,))


def _too_deep(_: RecursionError) -> Response:
    problem = Problem("body", "is nested too deeply", "a flat JSON object")
    return refused(RefusedError("The body is nested too deeply.", status=400, code="not_json", problems=(problem,)))


def _unexpected(error: Exception) -> Response:
    log.error("request_failed", error=type(error).__name__, exc_info=error)
    return refused(
        RefusedError(
            "Something went wrong inside REX; nothing was changed.",
            status=500,
            code="internal",
            action="Look for this request_id in the log, or run `rex doctor`.",
        )
    )
