"""What the files of the API share: models of requests, documentation of answers, a blueprint that knows the errors."""

import dataclasses
from functools import cache
from http import HTTPStatus
from typing import Annotated, Any, get_type_hints

from flask_openapi import APIBlueprint, Tag
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, create_model

PREFIX = "/api/rex"
LARGEST_SERIAL = 2**63 - 1
# Postgres cannot store NUL, and the other control characters only ever come in by mistake or malice.
_PRINTABLE = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"

Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=300, pattern=r"^[^\x00-\x1f\x7f]*$")]
"""One line of text."""
Words = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000, pattern=_PRINTABLE)]
"""Text that may have several lines."""
# Whether a mail server takes the address only it can tell.
FILLED_EMAIL = r"^[^@\s]+@[^@\s]+$"
# What is empty sets nothing.
EMAIL = f"^$|{FILLED_EMAIL}"
SLUG = r"^[a-z0-9]+(-[a-z0-9]+)*$"


class Body(BaseModel):
    """A JSON body; a field that REX does not know is refused, because it would be a misunderstanding."""

    model_config = ConfigDict(extra="forbid")


class Path(BaseModel):
    """The variable parts of a path."""


class Query(BaseModel):
    """What follows the question mark."""

    model_config = ConfigDict(extra="forbid")

    @classmethod
    def model_json_schema(cls, *args: Any, **options: Any) -> dict[str, Any]:
        """The schema, made once: flask-openapi asks for it with every request."""
        return _made_once(cls) if not args and not options else super().model_json_schema(*args, **options)


@cache
def _made_once(model: type[Query]) -> dict[str, Any]:
    return super(Query, model).model_json_schema()


class Cursor(Query):
    """Which part of a list."""

    limit: int = Field(50, ge=1, le=200, description="How many items at most.")
    cursor: Line | None = Field(None, description="The next_cursor of the page before; leave out for the first.")


class ProblemDetail(BaseModel):
    """One thing wrong with a request."""

    where: str = Field(examples=["body.priority"])
    what: str = Field(examples=["Input should be less than or equal to 100"])
    expected: str = Field(examples=["at most 100"])


class Problem(BaseModel):
    """A refusal (RFC 9457): ``code`` is for machines, ``detail`` for people, ``action`` is what would help."""

    type: str = Field(examples=["about:blank"])
    title: str = Field(examples=["Unprocessable Entity"])
    status: int = Field(examples=[422])
    detail: str = Field(examples=["body.priority: Input should be less than or equal to 100."])
    code: str = Field(examples=["invalid"])
    errors: list[ProblemDetail]
    action: str | None
    request_id: str | None = None


def documented(shape: type[Any], name: str = "") -> type[BaseModel]:
    """The documentation of an answer, taken from the dataclass that it is made from."""
    hints = get_type_hints(shape)
    fields: dict[str, Any] = {field.name: (hints[field.name], ...) for field in dataclasses.fields(shape)}
    return create_model(name or shape.__name__, __doc__=shape.__doc__, **fields)


def listed(shape: type[Any], name: str = "") -> type[BaseModel]:
    """The documentation of a part of a list of these."""
    items: Any = list.__class_getitem__(shape)
    doc = "A part of a list; next_cursor asks for the part after it and is null at the end."
    return create_model(f"{name or shape.__name__}Page", __doc__=doc, items=(items, ...), next_cursor=(str | None, ...))


def refusals(*statuses: int) -> dict[str | int | HTTPStatus, Any]:
    """The documentation of these refusals."""
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        str(status): {"description": _WHEN[status], "content": {"application/problem+json": {"schema": schema}}}
        for status in statuses
    }


_WHEN = {
    400: "The body is not JSON.",
    401: "Nobody is signed in, or the key was revoked.",
    403: "The role does not reach, or the CSRF token is missing.",
    404: "There is no such thing for this tenant.",
    409: "The state of the thing does not allow this, or the Idempotency-Key is in use.",
    413: "The body is too large.",
    415: "The body has the wrong content type.",
    422: "The request does not fit; errors says where, what and what would be right.",
    429: "Too many requests in this minute; Retry-After says when to come back.",
    503: "Postgres or Redis does not answer; nothing was changed.",
}
SECURITY: list[dict[str, list[str]]] = [{"bearer": []}, {"apiKey": []}, {"cookie": []}]


def resource(name: str, text: str, *, signed_in: bool = True) -> APIBlueprint:
    """A blueprint for one resource, with the refusals that any of its routes may give."""
    anywhere = (400, 401, 403, 404, 409, 413, 415, 422, 429, 503) if signed_in else (404, 422, 503)
    return APIBlueprint(
        name if signed_in else f"{name}_public",
        __name__,
        url_prefix=PREFIX,
        abp_tags=[Tag(name=name, description=text)],
        abp_responses=refusals(*anywhere),
        abp_security=SECURITY if signed_in else None,
    )
