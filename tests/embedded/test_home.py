"""The folder of an installation and what REX says about one it cannot use."""

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from rex_celery.embedded import home
from rex_celery.errors import RefusedError


def test_the_state_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    state = home.new_state()
    home.save_state(home.open_home(tmp_path / "rex"), state)
    assert home.load_state(tmp_path / "rex") == state


def test_there_is_no_state_before_the_first_start(tmp_path: Path) -> None:
    assert home.load_state(tmp_path / "rex") is None


def test_only_the_owner_can_read_the_state(tmp_path: Path) -> None:
    place = home.open_home(tmp_path / "rex")
    home.save_state(place, home.new_state())
    assert stat.S_IMODE(place.state_file.stat().st_mode) == 0o600


def test_every_installation_has_secrets_of_its_own() -> None:
    first, second = home.new_state(), home.new_state()
    secrets = {first.secret_key, first.owner_password, first.login_password, first.valkey_password}
    assert len(secrets | {second.secret_key, second.owner_password}) == 6


def test_a_damaged_state_is_named_and_not_overwritten(tmp_path: Path) -> None:
    place = home.open_home(tmp_path / "rex")
    place.state_file.write_text('{"secret_key": ')
    with pytest.raises(RefusedError, match=r"state\.json is damaged") as refused:
        home.load_state(place.path)
    assert "backup" in refused.value.action
    assert place.state_file.exists()


def test_a_home_beneath_a_file_is_refused_with_the_setting_to_change(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RefusedError, match="cannot write to") as refused:
        home.open_home(tmp_path / "file" / "rex")
    assert refused.value.code == "home_not_writable"
    assert "REX_HOME" in refused.value.action


def test_a_home_of_somebody_else_is_refused(home: Path, as_root: None) -> None:
    home.mkdir(mode=0o755)
    words = _open_in_a_process(home, prefix=("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"))
    assert "home_not_writable" in words
    assert "Permission denied" in words


def test_too_little_room_is_told_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="is full") as refused:
        home.open_home(tmp_path / "rex", least_free=2**60)
    assert refused.value.code == "disk_full"


def test_a_disk_that_is_really_full_is_told_as_such(home: Path, as_root: None) -> None:
    if not shutil.which("unshare"):
        pytest.skip("no unshare here")
    home.mkdir()
    mount = f'mount -t tmpfs -o size=16k rex "{home}" && head -c 1M /dev/zero > "{home}/filler"; exec "$0" "$@"'
    words = _open_in_a_process(home, prefix=("unshare", "--mount", "sh", "-c", mount))
    if "mount:" in words:
        pytest.skip("this machine lets nobody mount")
    assert "disk_full" in words


def _open_in_a_process(folder: Path, *, prefix: tuple[str, ...]) -> str:
    program = (
        "import sys; from pathlib import Path; from rex_celery.embedded import home; from rex_celery.errors import *\n"
        "try: home.open_home(Path(sys.argv[1]))\n"
        "except RefusedError as error: print(error.code, error.detail)"
    )
    environment = {"PATH": os.defpath, "PYTHONPATH": str(Path(home.__file__).parents[2])}
    command = [*prefix, sys.executable, "-c", program, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, cwd="/")
    return done.stdout + done.stderr
