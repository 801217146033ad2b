"""Building the Command Center: only when something changed, with a Node.js that can."""

import json
import os
from pathlib import Path

import pytest
from flask import Flask

from web import build_ui
from web.build_ui import Node, UnbuildableError


@pytest.fixture
def ui(tmp_path: Path) -> Path:
    """A small screen whose installed build tool writes what it was given into dist."""
    ui = tmp_path / "ui"
    (ui / "src").mkdir(parents=True)
    (ui / "src" / "main.tsx").write_text("one")
    (ui / "package-lock.json").write_text("{}")
    (ui / "openapi.json").write_text("{}")
    vite = ui / "node_modules" / "vite" / "bin"
    vite.mkdir(parents=True)
    (vite / "vite.js").write_text('mkdir -p dist && echo built >> dist/log && [ "$(cat src/main.tsx)" != broken ]')
    (ui / "node_modules" / ".ready").touch()
    return ui


@pytest.fixture
def node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Node:
    """A shell in the place of Node.js: it knows its version and runs the fixture's build tool."""
    node = a_program(tmp_path / "bin" / "node", 'if [ "$1" = --version ]; then echo v24.1.0; else sh "$@"; fi')
    npm = a_program(tmp_path / "bin" / "npm", 'echo "$@" >> npm-calls; mkdir -p node_modules')
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")  # noqa: TID251
    return Node(node, npm)


def a_program(path: Path, script: str) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def builds(ui: Path) -> int:
    return (ui / "dist" / "log").read_text().count("built")


@pytest.mark.usefixtures("node")
def test_the_second_build_finds_nothing_to_do(ui: Path) -> None:
    assert build_ui.build(ui) is True
    assert build_ui.build(ui) is False
    assert builds(ui) == 1


@pytest.mark.usefixtures("node")
@pytest.mark.parametrize("file", ["src/main.tsx", "src/styles/new.css", "package-lock.json", "vite.config.ts"])
def test_a_changed_or_new_source_is_built(ui: Path, file: str) -> None:
    build_ui.build(ui)
    (ui / file).parent.mkdir(exist_ok=True)
    (ui / file).write_text("two")
    assert build_ui.build(ui) is True
    assert builds(ui) == 2


@pytest.mark.usefixtures("node")
@pytest.mark.parametrize("file", ["src/main.test.tsx", "src/testing/setup.ts", "openapi.json", "src/api/schema.d.ts"])
def test_tests_and_types_leave_no_trace_in_a_build_and_cause_none(ui: Path, file: str) -> None:
    build_ui.build(ui)
    (ui / file).parent.mkdir(exist_ok=True)
    (ui / file).write_text("two")
    assert build_ui.build(ui) is False


@pytest.mark.usefixtures("node")
def test_a_failed_build_is_said_and_tried_again(ui: Path) -> None:
    (ui / "src" / "main.tsx").write_text("broken")
    with pytest.raises(UnbuildableError, match="failed with code 1"):
        build_ui.build(ui)
    (ui / "src" / "main.tsx").write_text("mended")
    assert build_ui.build(ui) is True


def test_packages_are_fetched_once_for_each_lock_file(ui: Path, node: Node) -> None:
    (ui / "node_modules" / ".ready").unlink()
    build_ui.install(ui, node)
    build_ui.install(ui, node)
    assert (ui / "npm-calls").read_text().splitlines() == [
        "ci --omit=dev --ignore-scripts --no-audit --no-fund --loglevel=error"
    ]
    later = (ui / "node_modules" / ".ready-to-build").stat().st_mtime + 10
    os.utime(ui / "package-lock.json", (later, later))
    build_ui.install(ui, node)
    assert len((ui / "npm-calls").read_text().splitlines()) == 2


def test_the_first_node_that_is_new_enough_is_taken(tmp_path: Path, node: Node) -> None:
    old = a_program(tmp_path / "old" / "node", "echo v20.19.1")
    gone = tmp_path / "gone" / "node"
    assert build_ui.find_node([Node(gone, gone), Node(old, old), node]) == node


def test_without_a_node_the_message_says_what_was_found_and_what_helps(tmp_path: Path) -> None:
    old = a_program(tmp_path / "old" / "node", "echo v20.19.1")
    with pytest.raises(UnbuildableError, match=r"22\.22 or newer .*old/node is 20\.19.*make up"):
        build_ui.find_node([Node(old, old)])
    with pytest.raises(UnbuildableError, match="none was found"):
        build_ui.find_node([])


def test_the_kept_description_is_the_apis_own(app: Flask) -> None:
    kept = json.loads((build_ui.UI / "openapi.json").read_text())
    assert kept == json.loads(json.dumps(app.api_doc)), "run: python -m web.build_ui --describe"


def test_the_lock_file_names_no_registry() -> None:
    lock = (build_ui.UI / "package-lock.json").read_text()
    assert '"resolved"' not in lock
