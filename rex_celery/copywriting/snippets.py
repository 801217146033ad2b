"""Snippets: ``{{ snippet.signature }}`` stands for a piece of text that is kept once and put in before anything else."""  # noqa: E501

import re
from collections.abc import Mapping
from typing import Final

from rex_celery.errors import InvalidError

NAME: Final = r"[a-z0-9][a-z0-9_-]{0,39}"
LARGEST = 4000

_REFERENCE: Final = re.compile(rf"\{{\{{\s*snippet\.({NAME})\s*\}}\}}")


def named_in(text: str) -> tuple[tuple[str, int], ...]:
    """The snippets a text uses, each with its line."""
    return tuple((one[1], text.count("\n", 0, one.start()) + 1) for one in _REFERENCE.finditer(text))


def without(text: str) -> str:
    """The text without its snippets; its lines keep their numbers."""
    return _REFERENCE.sub("", text)


def expand(text: str, bodies: Mapping[str, str], most: int) -> str:
    """The text with its snippets put in; a snippet within a snippet is not.

    Raises:
        InvalidError: a snippet does not exist, or the whole is longer than ``most`` characters.

    """
    used = named_in(text) if len(text) <= most else ()
    for name, line in used:
        if name not in bodies:
            raise InvalidError(f"Line {line}: there is no snippet {name!r}.", code="unknown_snippet")
    # Counted first: a thousand references to one long snippet would be a gigabyte.
    if len(text) + sum(len(bodies[name]) for name, _ in used) > most:
        raise InvalidError("The text is longer than 20 KB with its snippets.", code="invalid_template")
    return _REFERENCE.sub(lambda one: bodies[one[1]], text) if used else text
