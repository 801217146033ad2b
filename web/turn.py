"""One request, in this order: may they ask again yet, who are they, was it answered before, then the view."""

from collections.abc import Callable

from flask import g, make_response, request
from flask.typing import ResponseReturnValue

from rex_celery import config, db
from rex_celery.tenancy.access import Role
from web import auth, idempotency, limits
from web.auth import Rule

MEGABYTE = 1024 * 1024

View = Callable[[], ResponseReturnValue]


def serve(view: View) -> ResponseReturnValue:
    """The view's answer, in one transaction with everything the request changes; any refusal rolls it back."""
    if request.url_rule is None:
        return view()
    rule = auth.rule()
    if rule.role is None:
        return view()
    if rule.upload:
        request.max_content_length = config.settings().upload_megabytes * MEGABYTE
    if not rule.always:
        limits.check()
    if rule.look:
        rule.look()
    return _apart(rule.role, view) if rule.own_transactions else _within(rule, rule.role, view)


def close(_: BaseException | None) -> None:
    """Let go of an uploaded file, which may lie on the disk."""
    request.close()


def _within(rule: Rule, role: Role, view: View) -> ResponseReturnValue:
    with db.control() as session:
        g.caller = auth.identify(session, role)
        g.session = session
        # Inside the transaction: an answer that cannot be written must take its effect back with it.
        return idempotency.answered(session, g.caller, view) if rule.repeatable else make_response(view())


def _apart(role: Role, view: View) -> ResponseReturnValue:
    with db.control() as session:
        g.caller = auth.identify(session, role)
    return idempotency.answered_apart(g.caller, view)
