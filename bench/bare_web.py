"""The peer of the API: Flask, one validated INSERT, one Celery enqueue, and nothing else, behind the same gunicorn.

It has no key, no roles, no limit, no tenants, no audit, no idempotency, no events, and answers with an id only.
"""

import os
from uuid import uuid4

from flask import Flask, Response, jsonify, request
from psycopg.types.json import Jsonb
from sqlalchemy import create_engine, text

from bench import bare
from rex_celery import config

app = Flask("bare")
_URL = os.environ["BENCH_PEER_DATABASE"].replace("postgresql://", "postgresql+psycopg://", 1)  # noqa: TID251
_engine = create_engine(_URL, pool_size=config.settings().database_pool, max_overflow=0)
_INSERT = text("INSERT INTO missions (id, type, name, priority, params) VALUES (:id, :type, :name, :priority, :params)")


@app.post("/missions")
def create() -> tuple[Response, int]:
    """Check the body, store it, enqueue its id."""
    body = request.get_json()
    if not isinstance(body.get("type"), str):
        return jsonify({"error": "type must be text"}), 422
    id_ = uuid4()
    values = {"id": id_, "type": body["type"], "name": body.get("name", ""), "priority": body.get("priority", 50)}
    with _engine.begin() as connection:
        connection.execute(_INSERT, {**values, "params": Jsonb(body)})
    bare.start.delay(str(id_))
    return jsonify({"id": str(id_), **values, "state": "queued"}), 201


@app.get("/ready")
def ready() -> Response:
    """That it serves."""
    return jsonify({"status": "ok"})
