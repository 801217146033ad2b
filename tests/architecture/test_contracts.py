"""Each import contract of pyproject.toml is broken once, on purpose, on a copy of the source."""

import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.architecture.source import CHECKOUT, PACKAGES

CONTRACTS = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
NAMES = {contract["id"]: contract["name"] for contract in CONTRACTS}
LINT_IMPORTS = Path(sys.executable).with_name("lint-imports")


@dataclass(frozen=True, slots=True)
class Breach:
    """One illegal line: the contract it breaks, the file it is written into, the line itself."""

    contract: str
    file: str
    line: str


BREACHES = (
    Breach("layers", "rex_celery/tenancy/audit.py", "import rex_celery.agents"),
    Breach("layers", "rex_celery/leads/values.py", "import rex_celery.scoring"),
    Breach("layers", "rex_celery/redis.py", "import rex_celery.db"),
    Breach("layers", "rex_celery/a_new_room/__init__.py", ""),
    Breach("doors", "web/app.py", "import workers.app"),
    Breach("doors", "workers/app.py", "import web.app"),
    Breach("inside", "rex_celery/missions/launch.py", "import workers.control"),
    Breach("circles", "rex_celery/missions/plan.py", "import rex_celery.missions.launch"),
    Breach("flask", "rex_celery/tenancy/access.py", "import flask"),
    Breach("celery", "rex_celery/missions/dispatch.py", "import celery"),
    Breach("celery", "web/api/missions.py", "import celery"),
    Breach("world", "rex_celery/outreach/ledger.py", "import smtplib"),
    Breach("world", "web/api/leads.py", "import requests"),
    Breach("senders", "rex_celery/agents/outreach.py", "import rex_celery.integrations.smtp"),
    Breach("senders", "web/api/messages.py", "import rex_celery.integrations.smtp"),
    Breach("senders", "rex_celery/outreach/ledger.py", "import rex_celery.integrations.twilio"),
    Breach("pure", "rex_celery/decisions/states.py", "import sqlalchemy"),
    Breach("pure", "rex_celery/missions/plan.py", "import rex_celery.clock"),
    Breach("pure", "rex_celery/scoring/reactivation.py", "import rex_celery.config"),
)


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[Breach | None, Future[str]]]:
    """What lint-imports says of the source as it is (None), and of a copy with each breach."""
    folder = tmp_path_factory.mktemp("contracts")
    with ThreadPoolExecutor(2) as pool:
        yield {
            breach: pool.submit(_linted, folder / str(number), breach)
            for number, breach in enumerate((None, *BREACHES))
        }


def test_the_source_keeps_every_contract(verdicts: dict[Breach | None, Future[str]]) -> None:
    said = verdicts[None].result()

    assert f"Contracts: {len(NAMES)} kept, 0 broken." in said, said


@pytest.mark.parametrize("breach", BREACHES, ids=lambda breach: f"{breach.contract}: {breach.line or breach.file}")
def test_a_breach_is_found(verdicts: dict[Breach | None, Future[str]], breach: Breach) -> None:
    said = verdicts[breach].result()

    assert f"{NAMES[breach.contract]} BROKEN" in said, said


def test_every_contract_is_broken_once() -> None:
    assert {breach.contract for breach in BREACHES} == set(NAMES)


def _linted(folder: Path, breach: Breach | None) -> str:
    for package in PACKAGES:
        shutil.copytree(CHECKOUT / package, folder / package, ignore=shutil.ignore_patterns("ui", "__pycache__"))
    shutil.copy(CHECKOUT / "pyproject.toml", folder)
    if breach:
        file = folder / breach.file
        file.parent.mkdir(exist_ok=True)
        with file.open("a") as source:
            source.write(f"\n{breach.line}\n")
    ended = subprocess.run(
        [LINT_IMPORTS, "--no-cache"], cwd=folder, capture_output=True, text=True, check=False, timeout=60
    )
    assert ended.returncode == (1 if breach else 0), ended.stdout + ended.stderr
    # Long names are folded over lines; so is nothing that this looks for once the folds are gone.
    return " ".join(ended.stdout.split())
