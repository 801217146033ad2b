"""HTML mail as text: lines where it breaks them, quoted mail marked as in plain text, nothing that is not shown."""

import re
from typing import Final

from lxml import etree

# The time of the standard library's parser grows with the square of broken markup; this one's does not.
LONGEST_HTML = 1_000_000

_BLOCK_NAMES = "address blockquote div dd dl dt h1 h2 h3 h4 h5 h6 li ol p pre table tr ul"
_BLOCKS: Final = frozenset(_BLOCK_NAMES.split())
_BREAKS: Final = frozenset({"br", "hr"})
_PARAGRAPHS: Final = frozenset({"p", "h1", "h2", "h3", "ul", "ol", "table"})
_UNSEEN: Final = frozenset({"script", "style", "head", "title", "template"})
_PLAIN: Final = re.compile(r"<[^<>]{0,2000}>?")

Line = tuple[int, list[str]]


def as_text(html: str) -> str:
    """What a reader would see; the lines of a ``blockquote`` begin with ``>``."""
    parser = etree.HTMLParser(encoding="utf-8", recover=True, no_network=True, remove_comments=True, remove_pis=True)
    try:
        root = etree.fromstring(html[:LONGEST_HTML].encode(), parser)
    except etree.XMLSyntaxError:  # not one element in it
        root = None
    if root is None:
        return _PLAIN.sub(" ", html[:LONGEST_HTML]).strip()
    lines = [("> " * depth if line else "") + line for depth, words in _lines(root) for line in [_joined(words)]]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _lines(root: etree._Element) -> list[Line]:
    """The shown words line by line, each line with the depth of its quotation."""
    lines: list[Line] = [(0, [])]
    quoted = unseen = 0
    for event, element in etree.iterwalk(root, events=("start", "end")):
        begins = event == "start"
        step = 1 if begins else -1
        unseen += step * (element.tag in _UNSEEN)
        quoted += step * (element.tag == "blockquote")
        if element.tag in _BLOCKS and (_joined(lines[-1][1]) or lines[-1][0] != quoted):
            lines.append((quoted, []))
        if (element.tag in _BREAKS and begins) or (element.tag in _PARAGRAPHS and not begins):
            lines.append((quoted, []))
        words = element.text if begins else element.tail
        if words and not unseen:
            lines[-1][1].append(words)
    return lines


def _joined(words: list[str]) -> str:
    return " ".join("".join(words).split())
