from collections.abc import Iterator
from uuid import UUID

import pytest
import typer

from rex_celery.cli import ids
from rex_celery.errors import ConflictError, NotFoundError

FIRST = UUID("7d9f3c1e-5b1a-4f0e-9c55-2f6f3c1d8a10")
TWIN = UUID("7d9f3c1e-0000-4f0e-9c55-2f6f3c1d8a10")


def _found(words: str, *known: UUID) -> UUID:
    return ids.find(ids.parse(words), known, what="mission", listed_by="rex missions list")


@pytest.mark.parametrize("words", ["7d9f3c", "7D9F3C1E-5b", "7d9f3c1e5b1a"])
def test_a_beginning_that_only_one_id_has_is_enough(words: str) -> None:
    assert _found(words, FIRST, UUID(int=7)) == FIRST


def test_a_beginning_of_several_ids_is_refused() -> None:
    with pytest.raises(ConflictError, match="The ids of 2 missions begin with 7d9f3c1e"):
        _found("7d9f3c1e", FIRST, TWIN)
    assert _found("7d9f3c1e-0", FIRST, TWIN) == TWIN


def test_a_beginning_of_no_id_is_not_found() -> None:
    with pytest.raises(NotFoundError):
        _found("aaaaaa", FIRST)


@pytest.mark.parametrize("words", ["7d9f3", "", "------", "seven-eight", f"{FIRST}0"])
def test_what_is_too_short_or_no_id_is_refused(words: str) -> None:
    with pytest.raises(typer.BadParameter):
        ids.parse(words)


def test_a_whole_id_is_not_looked_for() -> None:
    def known() -> Iterator[UUID]:
        pytest.fail("it was looked for")
        yield FIRST

    assert ids.find(ids.parse(str(TWIN)), known(), what="mission", listed_by="") == TWIN
