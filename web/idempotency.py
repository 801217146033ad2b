"""Idempotency-Key: a POST that is repeated with the same key gets the first one's answer and has no second effect."""

import hashlib
import json
from collections.abc import Callable

from flask import Response, make_response, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from rex_celery import db
from rex_celery.errors import InvalidError, Problem
from rex_celery.tenancy import answers
from rex_celery.tenancy.access import Caller
from rex_celery.tenancy.answers import Answer, Question

LONGEST_KEY = 255
_BLOCK = 1024 * 1024
_KEPT_HEADERS = ("Content-Type", "Location", "ETag")

View = Callable[[], ResponseReturnValue]


def answered(session: Session, caller: Caller, view: View) -> Response:
    """The answer kept for this key, or the view's, kept in the transaction that has its effect.

    Raises:
        ConflictError: the key stands for another request, or its first one is still being worked on.

    """
    question = _question(caller)
    if question is None:
        return make_response(view())
    known = answers.find(session, question)
    if known:
        return _replay(known)
    response = make_response(view())
    _keep(session, question, response)
    return response


def answered_apart(caller: Caller, view: View) -> Response:
    """The same for a view that makes several transactions of its own: the key is held from the first to the last.

    Raises:
        ConflictError: the key stands for another request, or its first one is still being worked on.

    """
    question = _question(caller)
    if question is None:
        return make_response(view())
    with db.transaction(caller.tenant_id) as session:
        known = answers.find(session, question)
        if known:
            return _replay(known)
        answers.claim(session, question)
    done = False
    try:
        response = make_response(view())
        with db.transaction(caller.tenant_id) as session:
            _keep(session, question, response)
        done = True
        return response
    finally:
        if not done:
            with db.transaction(caller.tenant_id) as session:
                answers.abandon(session, question)


def _question(caller: Caller) -> Question | None:
    key = request.headers.get("Idempotency-Key")
    if request.method != "POST" or key is None:
        return None
    if not 1 <= len(key) <= LONGEST_KEY or not key.isascii() or not key.isprintable():
        problem = Problem("header.Idempotency-Key", "cannot be used", f"1 to {LONGEST_KEY} printable ASCII characters")
        raise InvalidError("The Idempotency-Key cannot be used.", code="bad_idempotency_key", problems=(problem,))
    return Question(caller.tenant_id, key, request.method, request.path, _request_hash())


def _request_hash() -> str:
    """A multipart body is hashed by its parts: its boundary is another one each time."""
    hashed = hashlib.sha256(f"{request.method} {request.full_path}\n".encode())
    if request.mimetype != "multipart/form-data":
        hashed.update(request.get_data())
        return hashed.hexdigest()
    hashed.update(json.dumps(sorted(request.form.items(multi=True))).encode())
    for name, file in sorted(request.files.items(multi=True)):
        hashed.update(f"{name} {file.filename}\n".encode())
        while block := file.stream.read(_BLOCK):
            hashed.update(block)
        file.stream.seek(0)
    return hashed.hexdigest()


def _keep(session: Session, question: Question, response: Response) -> None:
    headers = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
    kept = json.dumps({"headers": headers, "body": response.get_data(as_text=True)})
    answers.keep(session, question, Answer(response.status_code, kept))


def _replay(answer: Answer) -> Response:
    kept = json.loads(answer.response)
    response = Response(kept["body"], answer.status, kept["headers"])
    response.headers["Idempotency-Replayed"] = "true"
    return response
