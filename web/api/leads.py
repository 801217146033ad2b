"""Leads: take in lists of them, and look at them."""

import csv
import dataclasses
import io
import json
from collections.abc import Iterator
from typing import BinaryIO, cast
from uuid import UUID

from flask import Response, jsonify
from flask_openapi import FileStorage
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from rex_celery import db
from rex_celery.errors import InvalidError, Problem
from rex_celery.leads import importing, queries
from rex_celery.leads.queries import Lead, LeadDetail
from rex_celery.leads.rows import Rejection
from rex_celery.tenancy.access import Role
from web import auth
from web.api.shapes import PREFIX, Cursor, Line, Path, documented, listed, resource

api = resource("leads", "The people of your lists, merged by e-mail address and phone number.")

_MAPPING = TypeAdapter(dict[str, str])
# A spreadsheet would run these as formulas.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclasses.dataclass(frozen=True, slots=True)
class Import(queries.Import):
    """One uploaded list with the first 50 rows that were not taken; ``rejections_url`` has all of them as CSV."""

    rejections_url: str | None


class UploadForm(BaseModel):
    """A CSV file, and optionally which of its columns means what."""

    model_config = ConfigDict(extra="forbid", arbitrary_types_allowed=True)

    file: FileStorage = Field(description="A CSV export; its encoding and its delimiter are recognised.")
    # Not `str | None`: a field that is more than text is read as JSON before it gets here.
    mapping: str = Field(
        "",
        max_length=50_000,
        description="JSON object from column to field (empty: leave out) for what the header leaves open.",
        examples=['{"Mail": "email", "Firma": "company"}'],
    )


class LeadPath(Path):
    lead_id: UUID


class ImportPath(Path):
    import_id: UUID


class LeadQuery(Cursor):
    query: Line = Field("", description="Words in the name, address, number or company.")
    import_id: UUID | None = Field(None, description="Only the people of this list.")


@api.post("/leads/import", responses={"201": documented(Import)})
@auth.needs(Role.OPERATOR, own_transactions=True, upload=True)
def take_in(form: UploadForm) -> tuple[Response, int, dict[str, str]]:
    """Take in a CSV file, all or nothing; every row is a person, a merge or a rejection with its line."""
    caller = auth.caller()
    result = importing.import_csv(
        cast("BinaryIO", form.file.stream),
        tenant_id=caller.tenant_id,
        filename=(form.file.filename or "leads.csv")[:200],
        mapping=_mapping(form.mapping),
        actor=caller.actor,
    )
    with db.transaction(caller.tenant_id) as session:
        stored = queries.get_import(session, result.id)
    return jsonify(_shown(stored)), 201, {"Location": f"{PREFIX}/leads/imports/{result.id}"}


@api.get("/leads/imports", responses={"200": listed(Import)})
@auth.needs(Role.VIEWER)
def list_imports(query: Cursor) -> Response:
    """The lists, newest first."""
    found = queries.imports(auth.tenant_session(), limit=query.limit, cursor=query.cursor)
    return jsonify({"items": [_shown(one) for one in found.items], "next_cursor": found.next_cursor})


@api.get("/leads/imports/<import_id>", responses={"200": documented(Import)})
@auth.needs(Role.VIEWER)
def show_import(path: ImportPath) -> Response:
    """One list and what became of its rows."""
    return jsonify(_shown(queries.get_import(auth.tenant_session(), path.import_id)))


@api.get(
    "/leads/imports/<import_id>/rejections",
    responses={"200": {"description": "CSV", "content": {"text/csv": {"schema": {"type": "string"}}}}},
)
@auth.needs(Role.VIEWER, own_transactions=True)
def show_rejections(path: ImportPath) -> Response:
    """All rows that were not taken, as CSV: line, column, value, reason."""
    tenant_id = auth.caller().tenant_id
    with db.transaction(tenant_id) as session:
        queries.get_import(session, path.import_id)
    lines = _csv(queries.rejections(tenant_id, path.import_id))
    name = f"attachment; filename=rejections-{path.import_id}.csv"
    return Response(lines, mimetype="text/csv", headers={"Content-Disposition": name})


@api.get("/leads", responses={"200": listed(Lead)})
@auth.needs(Role.VIEWER)
def list_leads(query: LeadQuery) -> Response:
    """Leads, in the order in which they came."""
    found = queries.page(
        auth.tenant_session(), query=query.query, import_id=query.import_id, limit=query.limit, cursor=query.cursor
    )
    return jsonify(found)


@api.get("/leads/<lead_id>", responses={"200": documented(LeadDetail)})
@auth.needs(Role.VIEWER)
def show_lead(path: LeadPath) -> Response:
    """One lead with all that is stored of it."""
    return jsonify(queries.get(auth.tenant_session(), path.lead_id))


def _shown(stored: queries.Import) -> Import:
    known = {field.name: getattr(stored, field.name) for field in dataclasses.fields(stored)}
    return Import(**known, rejections_url=f"{PREFIX}/leads/imports/{stored.id}/rejections" if stored.rejected else None)


def _mapping(text: str) -> dict[str, str] | None:
    if not text:
        return None
    try:
        return _MAPPING.validate_python(json.loads(text))
    except (ValueError, RecursionError, ValidationError) as error:
        problem = Problem("form.mapping", "is not a mapping", 'a JSON object such as {"Mail": "email"}')
        raise InvalidError("The mapping cannot be read.", code="bad_mapping", problems=(problem,)) from error


def _csv(rejections: Iterator[Rejection]) -> Iterator[str]:
    yield "line,column,value,reason\r\n"
    for one in rejections:
        line = io.StringIO()
        csv.writer(line).writerow([one.line, _tame(one.column), _tame(one.value), one.reason])
        yield line.getvalue()


def _tame(value: str | None) -> str:
    text = value or ""
    return f"'{text}" if text.startswith(_FORMULA) else text
