"""The unsubscribe pages: looking changes nothing, pressing the button suppresses the person, mail programs may too."""

from uuid import UUID

from flask import Blueprint, Response, render_template_string, request

from rex_celery import config, db
from rex_celery.compliance import suppression
from rex_celery.compliance import unsubscribe as links
from rex_celery.errors import NotFoundError
from web import auth

pages = Blueprint("unsubscribe", __name__)

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{{ title }}</title>
<link rel="stylesheet" href="/u/style.css">
</head>
<body>
<main>
<h1>{{ title }}</h1>
<p>{{ words }}</p>
{% if button %}<form method="post"><button type="submit">{{ button }}</button></form>{% endif %}
</main>
</body>
</html>
"""
_STYLE = """
:root { color-scheme: light dark; font: 1.0625rem/1.5 system-ui, sans-serif; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: Canvas; color: CanvasText; }
main { max-width: 30rem; padding: 2rem 1.5rem; text-align: center; }
h1 { font-size: 1.5rem; line-height: 1.25; }
button { font: inherit; font-weight: 600; padding: .75rem 1.5rem; border: 0; border-radius: .5rem; cursor: pointer;
  background: #1d4ed8; color: #fff; }
button:focus-visible { outline: 3px solid #93c5fd; outline-offset: 2px; }
"""


@pages.get("/u/style.css")
@auth.public
def style() -> Response:
    return Response(_STYLE, mimetype="text/css", headers={"Cache-Control": "public, max-age=86400"})


@pages.get("/u/<token>")
@auth.public
def ask(token: str) -> Response:
    """Mail scanners follow every link, so this only asks."""
    try:
        links.read(token, config.settings().secret_key.get_secret_value())
    except NotFoundError as refusal:
        return _refusal(refusal)
    return _page(
        "Do you want to stop these messages?",
        "One press, and you will not be written to again, by any channel.",
        button="Yes, stop them",
    )


@pages.post("/u/<token>")
@auth.public
def stop(token: str) -> Response:
    """The button, and RFC 8058's one-click: no cookie, no confirmation, no limit."""
    try:
        tenant_id, message_id = links.read(token, config.settings().secret_key.get_secret_value())
        one_click = request.form.get("List-Unsubscribe") == "One-Click"
        # A mail program asks once and looks at no answer.
        source = "one_click" if one_click else "unsubscribe_page"
        db.again(lambda: _suppress(tenant_id, message_id, source), db.SHORT_PAUSES)
    except NotFoundError as refusal:
        return _refusal(refusal)
    return _page("You will not be written to again.", "It took effect at once. You can close this page.")


def _suppress(tenant_id: UUID, message_id: UUID, source: str) -> None:
    with db.transaction(tenant_id) as session:
        suppression.unsubscribe(session, tenant_id, message_id, source)


def _page(title: str, words: str, button: str = "") -> Response:
    page = Response(render_template_string(_PAGE, title=title, words=words, button=button), mimetype="text/html")
    page.headers["Cache-Control"] = "no-store"
    # The address is the person's token: no other site may learn it.
    page.headers["Referrer-Policy"] = "no-referrer"
    return page


def _refusal(refusal: NotFoundError) -> Response:
    page = _page(refusal.detail, refusal.action)
    page.status_code = refusal.status
    return page
