from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DataError
from sqlalchemy.orm import Session

from rex_celery import db
from rex_celery.vocabulary import Channel

ODD = ["", "NULL", "plain", 'a "quote"', "back\\slash", "{brace}", "a,b", "two\nlines", "Zoë — “ok” 🚀", "'; --", None]


def _back(session: Session, values: list[object], kind: str) -> list[object]:
    return session.execute(text(f"SELECT CAST(:values AS {kind}[])"), {"values": values}).scalar_one()


def test_odd_texts_come_back_as_they_went(database: object) -> None:
    with db.control() as session:
        assert _back(session, ODD, "text") == ODD


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("uuid", [uuid4(), uuid4(), None]),
        ("int", [1, -2, None]),
        ("float8", [0.1, 1e-300, float("inf"), None]),
        ("bool", [True, False, None]),
        ("text", [None, None]),
        ("text", []),
        ("text", [Channel.EMAIL, Channel.SMS]),
    ],
)
def test_each_kind_comes_back(database: object, kind: str, values: list[object]) -> None:
    with db.control() as session:
        assert _back(session, values, kind) == values


def test_json_in_an_array_keeps_its_quotes(database: object) -> None:
    with db.control() as session:
        assert _back(session, ['{"a": "b \\"c\\" \\\\ d"}', None], "jsonb") == [{"a": 'b "c" \\ d'}, None]


def test_a_nul_is_refused_and_not_cut_off(database: object) -> None:
    with db.control() as session, pytest.raises(DataError, match="NUL"):
        _back(session, ["fine", "cut\0here"], "text")
