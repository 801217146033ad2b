"""The table of reasons, and that every code in use stands in it."""

import ast
from collections.abc import Iterator
from pathlib import Path

import rex_celery
from rex_celery import reasons
from rex_celery.reasons import REASONS

SOURCE = Path(rex_celery.__file__).parent
# Where a call names a reason: which of its positional arguments it is.
PLACES = {"Finding": 0, "Stop": 0, "Verdict": 2, "give_up": 3, "escalate": 3, "move": 5}


def test_every_reason_has_a_sentence_and_an_action() -> None:
    for code, reason in REASONS.items():
        assert reason.code == code
        assert reason.text.endswith(".")
        assert reason.action.endswith(".")


def test_no_code_stands_for_two_reasons() -> None:
    groups = (
        reasons._SUPPRESSED,
        reasons._SKIPPED,
        reasons._CONTENT,
        reasons._FAILED,
        reasons._SEQUENCE,
        reasons._WAITING,
        reasons._MISSION,
    )
    assert sum(map(len, groups)) == len(REASONS)


def test_every_code_in_the_source_stands_in_the_table() -> None:
    # What the doctor finds about a machine are other findings than those about a message.
    paths = [path for path in SOURCE.rglob("*.py") if not {"monitoring", "cli"} & set(path.parts)]
    used = {code for path in paths for code in codes_in(ast.parse(path.read_text(encoding="utf-8")))}
    assert {"customer", "content_fake_reply", "suppressed_unsubscribed"} <= used  # the search finds something
    assert used <= set(REASONS)


def codes_in(tree: ast.Module) -> Iterator[str]:
    """The reason codes that a module names: in the calls of PLACES, and in what ``*refusal`` functions give back."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from _in_call(node)
        if isinstance(node, ast.FunctionDef) and node.name.endswith("refusal"):
            yield from (constant for one in ast.walk(node) if isinstance(one, ast.Return) for constant in _text(one))


def _in_call(call: ast.Call) -> Iterator[str]:
    name = getattr(call.func, "attr", getattr(call.func, "id", ""))
    place = PLACES.get(name)
    if place is not None and len(call.args) > place:
        yield from _text(call.args[place])


def _text(node: ast.AST) -> Iterator[str]:
    value = getattr(node, "value", None)
    if isinstance(value, ast.Constant):
        value = value.value
    if isinstance(value, str):
        yield value
