"""What would have been right, for each way in which a request does not fit its model."""

import re
from functools import cache
from typing import Any

from pydantic import BaseModel

from rex_celery.copywriting.snippets import NAME
from web.api.shapes import EMAIL, FILLED_EMAIL, SLUG, Body, Query

_NO_FIELD = "no field of this name"
_EXPECTED = {
    "missing": "this field",
    "uuid_parsing": "an id, such as 7d9f3c1e-5b1a-4f0e-9c55-2f6f3c1d8a10",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "int_type": "a whole number",
    "float_parsing": "a number",
    "float_type": "a number",
    "bool_parsing": "true or false",
    "bool_type": "true or false",
    "string_type": "text in quotes",
    "string_pattern_mismatch": "text without control characters",
    "list_type": "a list",
    "dict_type": "a JSON object",
    "model_type": "a JSON object",
    "model_attributes_type": "a JSON object",
}
_TIMES = {"datetime": "a moment with its zone, such as 2026-11-23T14:00:00Z", "date": "a day, such as 2026-11-23"}
_ADDRESS = "an e-mail address, such as ada@acme.example.com"
_PATTERNS = {
    EMAIL: _ADDRESS,
    FILLED_EMAIL: _ADDRESS,
    f"^{NAME}$": "a-z, 0-9, - and _, such as signature",
    SLUG: "a-z and 0-9, with single hyphens between them, such as intro-call",
}
_LENGTHS = {"min_length": "at least", "max_length": "at most"}
_LIMITS = {"ge": "at least", "gt": "more than", "le": "at most", "lt": "less than"}


def what(error: dict[str, Any]) -> str:
    """What is wrong, in words; a pattern tells people nothing, and our own checks say what would be right."""
    if error["type"] == "string_pattern_mismatch":
        return "does not have the right form"
    return "is not right" if error["type"] == "value_error" else str(error["msg"])


def expected(error: dict[str, Any], model: str) -> str:
    """What would be right in its place; ``model`` is the name of the shape that the whole did not fit."""
    kind, known = str(error["type"]), error.get("ctx") or {}
    if kind == "extra_forbidden":
        fields = _fields(model) if len(error["loc"]) == 1 else ""
        return f"{_NO_FIELD}; there are {fields}" if fields else _NO_FIELD
    if kind == "value_error":
        return str(error["msg"]).removeprefix("Value error, ")
    limits = [f"{words} {known[name]}" for name, words in _LIMITS.items() if name in known]
    unit = "character" if kind.startswith("string") else "item"
    lengths = [f"{words} {_counted(known[name], unit)}" for name, words in _LENGTHS.items() if name in known]
    stated = str(known["expected"]) if "expected" in known else _form(str(known.get("pattern")))
    return stated or ", ".join(limits + lengths) or _EXPECTED.get(kind) or _TIMES.get(kind.partition("_")[0], "")


def _form(pattern: str) -> str:
    choice = re.fullmatch(r"\^\(([a-z|]+)\)\$", pattern)
    return choice[1].replace("|", ", ") if choice else _PATTERNS.get(pattern, "")


def _counted(number: object, unit: str) -> str:
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"


@cache
def _fields(model: str) -> str:
    found = next((one for base in (Body, Query) for one in _below(base) if one.__name__ == model), None)
    return ", ".join(found.model_fields) if found else ""


def _below(base: type[BaseModel]) -> list[type[BaseModel]]:
    return [one for child in base.__subclasses__() for one in (child, *_below(child))]
