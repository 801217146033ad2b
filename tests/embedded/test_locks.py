"""Locks that end with their holder."""

import subprocess
import sys
from pathlib import Path

from rex_celery.embedded import locks


def test_a_lock_is_held_by_one_only_until_it_is_let_go(tmp_path: Path) -> None:
    mine = locks.take(tmp_path / "lock")
    assert mine is not None
    assert locks.take(tmp_path / "lock") is None
    locks.let_go(mine)
    again = locks.take(tmp_path / "lock")
    assert again is not None
    locks.let_go(again)


def test_several_may_share_a_lock_and_keep_out_who_wants_it_alone(tmp_path: Path) -> None:
    first, second = (locks.take(tmp_path / "lock", shared=True) for _ in range(2))
    assert first is not None
    assert second is not None
    assert locks.take(tmp_path / "lock") is None
    locks.let_go(first)
    locks.let_go(second)


def test_a_killed_holder_lets_go(tmp_path: Path) -> None:
    hold = (
        f"from pathlib import Path; from rex_celery.embedded import locks; locks.take(Path({str(tmp_path / 'lock')!r}))"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", f"{hold}; print(flush=True); input()"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with holder:
        assert holder.stdout
        holder.stdout.readline()
        assert locks.take(tmp_path / "lock") is None
        holder.kill()
    taken = locks.take(tmp_path / "lock")
    assert taken is not None
    locks.let_go(taken)
