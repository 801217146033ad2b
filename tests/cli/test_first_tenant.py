import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from rex_celery import config
from rex_celery.cli import first_tenant
from rex_celery.embedded.services import Services
from rex_celery.tenancy import access


@pytest.fixture
def home(database: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home of the test's own on the same database."""
    monkeypatch.setenv("REX_HOME", str(tmp_path))
    config.settings.cache_clear()
    yield tmp_path
    monkeypatch.undo()
    config.settings.cache_clear()


def test_the_key_is_told_once_kept_privately_and_good(home: Path) -> None:
    told = "\n".join(first_tenant.welcome())
    kept = home / "api-key"
    key = kept.read_text().strip()
    assert key in told
    assert str(kept) in told
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert access.authenticate(key).role == access.Role.ADMIN
    assert first_tenant.welcome() == ()
    assert kept.read_text().strip() == key


def test_a_lost_key_is_replaced_by_one_for_the_same_tenant(home: Path) -> None:
    first_tenant.welcome()
    first = access.authenticate((home / "api-key").read_text().strip())
    (home / "api-key").unlink()
    first_tenant.welcome()
    assert access.authenticate((home / "api-key").read_text().strip()).tenant_id == first.tenant_id
