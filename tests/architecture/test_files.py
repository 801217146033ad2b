"""What stands in files beside the source: settings, the lock, and no trace of where they were made."""

import re
import subprocess
import tomllib

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from rex_celery.config import Settings
from tests.architecture.source import CHECKOUT


def test_every_setting_stands_in_the_example_file_and_the_reverse() -> None:
    example = re.findall(r"^#? ?([A-Z_]+)=", (CHECKOUT / ".env.example").read_text(), re.MULTILINE)

    assert sorted(example) == sorted(str(field.alias) for field in Settings.model_fields.values())


def test_the_example_file_shows_the_defaults() -> None:
    shown = dict(re.findall(r"^([A-Z_]+)=(\S+)$", (CHECKOUT / ".env.example").read_text(), re.MULTILINE))
    defaults = {str(field.alias): str(field.default) for field in Settings.model_fields.values()}

    assert shown == {name: defaults[name] for name in shown}


def test_the_lock_holds_every_dependency_in_its_range_and_with_its_hashes() -> None:
    locked = (CHECKOUT / "requirements.lock").read_text()
    versions: dict[str, list[str]] = {}
    for name, version in re.findall(r"^([a-z0-9_.-]+)==([^ ;\\]+)", locked, re.MULTILINE):
        versions.setdefault(name, []).append(version)

    for wanted in _wanted():
        held = versions.get(canonicalize_name(wanted.name), [])
        assert held, wanted
        assert all(wanted.specifier.contains(version) for version in held), wanted
    for block in re.split(r"\n(?=[a-z0-9])", locked):
        assert "--hash=sha256:" in block, block[:60]


def test_no_file_names_where_packages_were_fetched_from() -> None:
    # Put together here, so that this file names none of them either.
    names = ("registry" + r"\.npm", "py" + r"pi\.", "python" + "hosted", "index" + "-url", r"[\w-]+\.(?:jfrog|nexus)\b")
    hosts = re.compile("|".join(names))
    for name in _tracked():
        path = CHECKOUT / name
        if (
            path.suffix in {".png", ".ico", ".woff2"}
            or not path.is_file()
            or name == "tests/architecture/test_files.py"
        ):
            continue
        assert not hosts.search(path.read_text(encoding="utf-8", errors="replace")), name
    for lock in (name for name in _tracked() if name.endswith("package-lock.json")):
        assert '"resolved"' not in (CHECKOUT / lock).read_text(), lock


def test_lock_files_that_name_hosts_and_built_files_are_not_tracked() -> None:
    tracked = _tracked()

    assert not tracked & {"uv.lock", "pylock.toml", ".env", ".npmrc", "pip.conf"}
    assert not [name for name in tracked if name.startswith(("web/ui/dist/", "web/ui/node_modules/", ".rex/"))]


def _tracked() -> set[str]:
    # The account that runs the tests need not own the checkout.
    command = ["git", "-c", f"safe.directory={CHECKOUT}", "ls-files"]
    listed = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=True)
    return set(listed.stdout.splitlines())


def _wanted() -> list[Requirement]:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())
    return [Requirement(line) for line in (*project["project"]["dependencies"], *project["dependency-groups"]["dev"])]
