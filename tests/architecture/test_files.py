"""What stands in files beside the source: settings, the lock, and no trace of where they were made."""

import re
import subprocess
import tomllib

from rex_celery.config import Settings
from tests.architecture.source import CHECKOUT

HOST = re.compile(r"https?://(?!127\.0\.0\.1|localhost)([\w.-]+)")


def test_every_setting_stands_in_the_example_file_and_the_reverse() -> None:
    example = re.findall(r"^#? ?([A-Z_]+)=", (CHECKOUT / ".env.example").read_text(), re.MULTILINE)

    assert sorted(example) == sorted(str(field.alias) for field in Settings.model_fields.values())


def test_the_example_file_shows_the_defaults() -> None:
    shown = dict(re.findall(r"^([A-Z_]+)=(\S+)$", (CHECKOUT / ".env.example").read_text(), re.MULTILINE))
    defaults = {str(field.alias): str(field.default) for field in Settings.model_fields.values()}

    assert shown == {name: defaults[name] for name in shown}


def test_the_lock_names_every_dependency_with_its_hashes() -> None:
    locked = (CHECKOUT / "requirements.lock").read_text()
    names = set(re.findall(r"^([a-z0-9_.-]+)==", locked, re.MULTILINE))

    assert _wanted() <= names
    for block in re.split(r"\n(?=[a-z0-9])", locked):
        assert "--hash=sha256:" in block, block[:60]


def test_no_file_names_where_packages_were_fetched_from() -> None:
    for name in ("requirements.lock", "web/ui/package-lock.json", "pyproject.toml"):
        text = (CHECKOUT / name).read_text()
        assert "index-url" not in text
        assert not {host for host in HOST.findall(text) if "registry" in host or "pypi" in host or "index" in host}
        assert '"resolved"' not in text


def test_lock_files_that_name_hosts_and_built_files_are_not_tracked() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=CHECKOUT, capture_output=True, text=True, check=True)
    tracked = set(listed.stdout.splitlines())

    assert not tracked & {"uv.lock", "pylock.toml", ".env", ".npmrc", "pip.conf"}
    assert not [name for name in tracked if name.startswith(("web/ui/dist/", "web/ui/node_modules/", ".rex/"))]


def _wanted() -> set[str]:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())
    wanted = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    return {re.split(r"[\[><=~ ]", line, maxsplit=1)[0].lower() for line in wanted}
