"""Line breaks as a writer means them: a line of tags alone leaves no line, any other tag leaves the breaks around it."""  # noqa: E501

import re
from typing import Final

_STRINGS: Final = r"'[^'\n]*'|\"[^\"\n]*\""
_TAG: Final = rf"\{{%(?:{_STRINGS}|(?!%\}})[^'\"\n])*%\}}|\{{#(?:(?!#\}})[^\n])*#\}}"
_ALONE: Final = re.compile(rf"^[ \t]*((?:{_TAG})(?:[ \t]*(?:{_TAG}))*)[ \t]*\n", re.MULTILINE)
# It ends where another begins: looking further from each of ten thousand openings would take minutes.
_UNMARKED: Final = re.compile(r"\{([%#])(?![-+])((?:(?![%#]\}|\{[%#]).)*)(?<![-+])([%#])\}", re.DOTALL)


def keep(text: str) -> str:
    """The text with marks that let Jinja, which swallows breaks after its tags, keep them; lines keep their numbers."""
    if "{%" not in text and "{#" not in text:
        return text
    return _UNMARKED.sub(_marked, _ALONE.sub(_closed_up, text))


def _closed_up(line: re.Match[str]) -> str:
    """The break moves into the last tag, where it means nothing and still counts as a line."""
    tags = line[1]
    end = -3 if tags[-3] in "-+" else -2
    return f"{tags[:end]}\n{tags[end:]}"


def _marked(tag: re.Match[str]) -> str:
    return f"{{{tag[1]}+{tag[2]}+{tag[3]}}}"
