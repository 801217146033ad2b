"""Answers with a label from a person; ``python -m tests.outreach.reply_corpus`` writes the figures into the docs."""

import re
from dataclasses import dataclass
from pathlib import Path

from rex_celery.outreach.classification import classify
from rex_celery.outreach.labels import Label

HERE = Path(__file__).parent
# The rules were made with the first list in view, and without the second.
SEEN, UNSEEN = HERE / "replies.tsv", HERE / "replies_unseen.tsv"
PAGE = HERE.parents[1] / "docs" / "replies.md"
_TABLE = re.compile(r"(?<=<!-- measured -->\n).*?(?=\n<!-- end -->)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Figures:
    """Of ``sentences``, how many the rules label at all, how many as a person did, and how many otherwise."""

    sentences: int
    labelled: int
    right: int
    wrong: int

    @property
    def precision(self) -> float:
        """Of those that the rules label, the share that is right."""
        return self.right / self.labelled


def sentences(path: Path) -> list[tuple[Label, str]]:
    """The sentences of a list with their labels."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [(Label(label), words) for label, _, words in (line.partition("\t") for line in lines)]


def measure(path: Path) -> Figures:
    """How well the rules do on a list; unclear is not a label, so saying it is abstaining."""
    pairs = [(want, classify(words).label) for want, words in sentences(path)]
    said = [(want, got) for want, got in pairs if got is not Label.UNCLEAR]
    right = sum(want is got for want, got in said)
    return Figures(len(pairs), len(said), right, len(said) - right)


def table() -> str:
    """The figures as they stand in the docs."""
    rows = [("sentences the rules were made with", measure(SEEN)), ("sentences written afterwards", measure(UNSEEN))]
    head = "| | sentences | labelled | right | wrong | right of those labelled |\n|---|---|---|---|---|---|"
    lines = [
        f"| {name} | {f.sentences} | {f.labelled} | {f.right} | {f.wrong} | {f.precision:.0%} |" for name, f in rows
    ]
    return "\n".join([head, *lines])


def written() -> str:
    """The figures that the docs give now."""
    found = _TABLE.search(PAGE.read_text(encoding="utf-8"))
    return found[0] if found else ""


if __name__ == "__main__":
    PAGE.write_text(_TABLE.sub(lambda _: table(), PAGE.read_text(encoding="utf-8")), encoding="utf-8")
