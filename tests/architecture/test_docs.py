"""The documentation says what the code does: settings, reasons, layers, commands, links."""

import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import pytest
import typer

from rex_celery import broker
from rex_celery.cli.main import app as cli
from rex_celery.config import Settings
from tests.architecture import tables
from tests.architecture.source import CHECKOUT

PAGES = sorted([*CHECKOUT.glob("*.md"), *(CHECKOUT / "docs").rglob("*.md"), *(CHECKOUT / "examples").glob("*.md")])
DECISIONS = sorted((CHECKOUT / "docs" / "decisions").glob("*.md"))
LINK = re.compile(r"\[[^]]*]\(([^)#\s]+)[^)]*\)|!\[[^]]*]\(([^)]+)\)")
SHELL = re.compile(r"```sh\n(.*?)```", re.DOTALL)
COMMAND = re.compile(r"^(?:[A-Z_]+=\S* )*(make|rex) (.*)$", re.MULTILINE)
PROJECT = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())


def text_of(name: str) -> str:
    return (CHECKOUT / name).read_text(encoding="utf-8")


def test_the_settings_table_names_every_setting_with_its_default() -> None:
    written = re.findall(r"^\| `([A-Z_]+)` \| (?:`([^`]*)`[^|]*)?\|", text_of("docs/operating.md"), re.MULTILINE)
    known = {str(field.alias): str(field.default) for field in Settings.model_fields.values()}

    assert dict(written) == known | {"REX_HOME": ".rex"}
    assert len(written) == len(known)


def test_the_guide_holds_every_reason() -> None:
    assert tables.written(tables.GUIDE) == tables.reasons_table(), "run python -m tests.architecture.tables"


def test_the_celery_page_gives_a_reason_for_every_setting_and_for_no_other() -> None:
    rows = re.findall(r"^\| (`.*?`) \|", text_of("docs/celery.md").partition("## The settings")[2], re.MULTILINE)
    written = {name for row in rows for name in re.findall(r"`(\w+)`", row)}

    assert written == set(broker._CONSTANT) | set(broker.app().conf.broker_transport_options)


def test_the_picture_of_the_layers_is_the_contract() -> None:
    contract = next(one for one in PROJECT["tool"]["importlinter"]["contracts"] if one["id"] == "layers")
    layers = [layer.replace("(", "").replace(")", "") for layer in contract["layers"]]
    picture = text_of("docs/architecture.md").partition("## Layers")[2].split("```")[1].split("\n")[1:-1]

    assert picture == ["workers | web", *layers]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_link_leads_somewhere(page: Path) -> None:
    for link, picture in LINK.findall(page.read_text(encoding="utf-8")):
        target = link or picture
        if "://" not in target:
            assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_command_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", text_of("Makefile"), re.MULTILINE))
    for block in SHELL.findall(page.read_text(encoding="utf-8")):
        for program, rest in COMMAND.findall(block.replace("\\\n", " ")):
            words = shlex.split(rest, comments=True)
            if program == "make":
                assert words[0] in targets, rest
            else:
                assert_command(words)


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.name)
def test_a_decision_ends_with_what_enforces_it(page: Path) -> None:
    last = page.read_text(encoding="utf-8").strip().rpartition("\n\n")[2]

    assert last.startswith("Enforced by ")
    assert re.search(r"`(tests/[\w/.]+)`", last)
    for named in re.findall(r"`(tests/[\w/.]+)`", last):
        assert (CHECKOUT / named).exists(), named


def test_decisions_are_numbered_without_gaps() -> None:
    assert [int(page.name[:4]) for page in DECISIONS] == list(range(1, len(DECISIONS) + 1))


def assert_command(words: list[str]) -> None:
    """That these words begin with a command of rex, and that its options exist."""
    command: Any = typer.main.get_command(cli)
    while hasattr(command, "commands"):
        assert words, "a group is no command"
        assert words[0] in command.commands, words
        command = command.commands[words.pop(0)]
    options = {option for parameter in command.params for option in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= options, words
