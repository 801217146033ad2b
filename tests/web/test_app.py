"""The application as a whole: its description, its headers, its page, its refusals."""

import json
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pydantic import SecretStr

from rex_celery import config
from rex_celery.embedded.services import Services
from rex_celery.errors import RefusedError
from web import headers, spa
from web.app import create_app

API = "/api/rex"


def test_every_route_of_the_api_is_described(app: Flask, nobody: FlaskClient) -> None:
    described = nobody.get(f"{API}/openapi.json").json
    assert described["openapi"] == "3.1.0"
    own = {"/docs", "/docs/start.js", "/docs/{name}", "/openapi.json"}
    for rule in app.url_map.iter_rules():
        path = rule.rule.replace("<path:", "{").replace("<", "{").replace(">", "}")
        if not path.startswith(API) or path.removeprefix(API) in own:
            continue
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            operation = described["paths"][path][method.lower()]
            assert operation["summary"], (method, path)
            assert any(status.startswith("2") for status in operation["responses"]), (method, path)
            refused = operation["responses"].get("422", {"content": {"application/problem+json": {}}})
            assert "application/problem+json" in refused["content"], (method, path)


def test_every_reference_of_the_description_leads_somewhere(nobody: FlaskClient) -> None:
    described = nobody.get(f"{API}/openapi.json").json
    text, names = json.dumps(described), set(described["components"]["schemas"])
    used = {part.partition('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert used <= names
    assert "Problem" in used


def test_signing_in_is_described_where_it_is_needed(nobody: FlaskClient) -> None:
    described = nobody.get(f"{API}/openapi.json").json
    assert set(described["components"]["securitySchemes"]) == {"bearer", "apiKey", "cookie"}
    assert described["paths"][f"{API}/missions"]["post"]["security"]
    assert "security" not in described["paths"][f"{API}/health/live"]["get"]


def test_repeating_is_described_where_it_is_understood(nobody: FlaskClient) -> None:
    paths = nobody.get(f"{API}/openapi.json").json["paths"]
    understood = {
        path for path in paths for one in paths[path].get("post", {}).get("parameters", []) if one["in"] == "header"
    }
    assert f"{API}/missions" in understood
    assert f"{API}/leads/import" in understood
    assert not understood & {f"{API}/session", f"{API}/session/link"}


def test_the_docs_page_needs_no_other_site(nobody: FlaskClient) -> None:
    page = nobody.get(f"{API}/docs")
    assert page.status_code == 200
    assert "http" not in page.text.replace("http-equiv", "")
    assert "<script>" not in page.text
    for part in page.text.split('"'):
        if part.startswith(f"{API}/docs/"):
            with nobody.get(part) as file:
                assert file.status_code == 200, part
    assert nobody.get(f"{API}/docs/../../app.py").status_code == 404


def test_every_answer_has_the_security_headers(nobody: FlaskClient) -> None:
    for path in (f"{API}/health/live", f"{API}/nothing", f"{API}/missions", "/u/nothing"):
        answer = nobody.get(path)
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        policy = answer.headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert "ws://127.0.0.1:8801" in policy
        assert "Strict-Transport-Security" not in answer.headers
        assert len(answer.headers["X-Request-ID"]) == 32


def test_behind_https_the_browser_is_told_to_stay_there() -> None:
    settings = config.Settings(REX_PUBLIC_URL="https://rex.example.com", REX_LIVE_URL="https://live.example.com")
    found = headers.security_headers(settings)
    assert "max-age=" in found["Strict-Transport-Security"]
    assert "https://live.example.com wss://live.example.com" in found["Content-Security-Policy"]


@pytest.mark.parametrize(("given", "kept"), [("trace-7.a_b", True), ("x" * 65, False), ("a b", False), ("", False)])
def test_a_request_id_is_kept_if_it_is_one(nobody: FlaskClient, given: str, *, kept: bool) -> None:
    answer = nobody.get(f"{API}/health/live", headers={"X-Request-ID": given})
    assert (answer.headers["X-Request-ID"] == given) is kept


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", f"{API}/nothing", 404, "not_found"),
        ("POST", f"{API}/nothing", 404, "not_found"),
        ("PUT", f"{API}/missions", 405, "method_not_allowed"),
        ("GET", f"{API}/missions/bulk/cancel", 405, "method_not_allowed"),
        ("DELETE", "/nothing", 404, "not_found"),
        ("GET", "/nothing.js", 404, "not_found"),
    ],
)
def test_what_is_not_there_is_refused_in_the_common_format(
    nobody: FlaskClient, method: str, path: str, status: int, code: str
) -> None:
    answer = nobody.open(path, method=method, headers={"Accept": "text/html"})
    assert (answer.status_code, answer.mimetype, answer.json["code"]) == (status, "application/problem+json", code)
    if status == 405:
        assert answer.headers["Allow"]


def test_without_a_secret_nothing_starts(database: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config.settings(), "secret_key", SecretStr(""))
    with pytest.raises(RefusedError) as refusal:
        create_app()
    assert "REX_SECRET_KEY" in refusal.value.detail


def test_a_page_that_was_not_built_is_said_in_words(
    nobody: FlaskClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spa, "BUILT", tmp_path)
    answer = nobody.get("/", headers={"Accept": "text/html"})
    assert answer.status_code == 503
    assert "make up" in answer.text


def test_the_built_page_answers_for_every_address_of_its_own(
    nobody: FlaskClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "dist" / "assets").mkdir(parents=True)
    (tmp_path / "dist" / "index.html").write_text("<p>the page</p>")
    (tmp_path / "dist" / "assets" / "app-1.js").write_text("go()")
    (tmp_path / "secret.txt").write_text("secret")
    monkeypatch.setattr(spa, "BUILT", tmp_path / "dist")
    for path in ("/", "/missions/7"):
        with nobody.get(path, headers={"Accept": "text/html"}) as page:
            assert (page.status_code, page.text) == (200, "<p>the page</p>")
            assert page.headers["Cache-Control"] == "no-cache"
    with nobody.get("/assets/app-1.js") as asset:
        assert "immutable" in asset.headers["Cache-Control"]
    assert nobody.get("/../secret.txt").status_code == 404
    assert nobody.get("/%2e%2e/secret.txt").status_code == 404


def test_one_hop_of_a_trusted_proxy_is_believed_and_no_more(
    database: Services, monkeypatch: pytest.MonkeyPatch, tenant: UUID
) -> None:
    forwarded = {"X-Forwarded-For": "1.2.3.4, 203.0.113.9"}
    assert create_app().test_client().get(f"{API}/metrics", headers=forwarded).status_code == 200
    monkeypatch.setattr(config.settings(), "trusted_proxies", 1)
    assert create_app().test_client().get(f"{API}/metrics", headers=forwarded).status_code == 401


def test_the_metrics_are_open_on_this_machine_only(admin: FlaskClient, nobody: FlaskClient) -> None:
    figures = nobody.get(f"{API}/metrics").text
    for name in ("rex_missions", "rex_queue_depth", "rex_queue_workers", "rex_dead_letters"):
        assert f"# TYPE {name} gauge" in figures
    elsewhere = {"REMOTE_ADDR": "203.0.113.9"}
    assert nobody.get(f"{API}/metrics", environ_overrides=elsewhere).status_code == 401
    assert admin.get(f"{API}/metrics", environ_overrides=elsewhere).status_code == 200
