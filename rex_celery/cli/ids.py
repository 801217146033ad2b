"""Ids as a person types them: whole, or as much of the beginning as tells one from the others."""

import re
from collections.abc import Iterable
from uuid import UUID

import typer

from rex_celery.errors import ConflictError, NotFoundError

# Fewer would soon stand for several, and what is cancelled or revoked stays so.
SHORTEST = 6
_WHOLE = 32
_HEX = re.compile(rf"[0-9a-f]{{{SHORTEST},{_WHOLE}}}")


def parse(words: str) -> str:
    """The hexadecimal digits of an id or of its beginning.

    Raises:
        typer.BadParameter: it is neither.

    """
    digits = words.lower().replace("-", "")
    if not _HEX.fullmatch(digits):
        raise typer.BadParameter(f"{words!r} is neither an id nor the first {SHORTEST} or more characters of one.")
    return digits


def find(digits: str, known: Iterable[UUID], *, what: str, listed_by: str) -> UUID:
    """The id that begins with these digits; a whole one is taken as it is, so ``known`` is read only if it must be.

    Raises:
        NotFoundError: none does.
        ConflictError: several do.

    """
    if len(digits) == _WHOLE:
        return UUID(digits)
    found = [one for one in known if one.hex.startswith(digits)]
    if not found:
        raise NotFoundError(f"There is no {what} whose id begins with {digits}.", action=f"See `{listed_by}`.")
    if len(found) > 1:
        raise ConflictError(
            f"The ids of {len(found)} {what}s begin with {digits}.",
            code="ambiguous_id",
            action=f"Type more of it; see `{listed_by}`.",
        )
    return found[0]
