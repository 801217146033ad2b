"""How answers become JSON: dataclasses as objects, times in ISO 8601, ids and amounts as they are written."""

import dataclasses
import json
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any
from uuid import UUID

from flask.json.provider import JSONProvider


class Json(JSONProvider):
    """The standard library's encoder, asked only about what it does not know."""

    def dumps(self, obj: Any, **options: Any) -> str:
        known: dict[str, Any] = {"default": _plain, "separators": (",", ":")}
        return json.dumps(obj, **(known | options))

    def loads(self, s: str | bytes, **options: Any) -> Any:
        return json.loads(s, **options)


def _plain(value: object) -> object:
    match value:
        case UUID():
            return str(value)
        case datetime() | date():
            return value.isoformat()
        case Decimal():
            return float(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {name: getattr(value, name) for name in _names(type(value))}
    raise TypeError(f"{type(value).__name__} has no place in an answer")


@cache
def _names(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(kind))
