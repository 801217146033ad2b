"""The first thing a newcomer runs: it needs a Python that is new enough, and says so when there is none."""

import subprocess
from pathlib import Path

from rex_celery.config import CHECKOUT

BOOTSTRAP = CHECKOUT / ".ci" / "bootstrap"


def test_a_python_that_is_too_old_is_named_with_its_version(tmp_path: Path) -> None:
    old = tmp_path / "python3"
    # Answers the question for its version, and "no" to whether that is new enough.
    old.write_text('#!/bin/sh\ncase "$2" in *print*) echo 3.9.2;; *) exit 1;; esac\n')
    old.chmod(0o755)
    done = subprocess.run([BOOTSTRAP, old], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert f"REX needs Python 3.11 or newer. Found: {old} is 3.9.2;" in done.stderr
    assert "make up PYTHON=" in done.stderr


def test_a_python_that_is_not_there_is_told_too(tmp_path: Path) -> None:
    done = subprocess.run([BOOTSTRAP, tmp_path / "none"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "REX needs Python 3.11 or newer." in done.stderr


def test_nothing_in_the_set_up_names_a_host_of_the_network() -> None:
    for name in ("Makefile", ".ci/bootstrap", ".ci/run", "requirements.lock"):
        text = (CHECKOUT / name).read_text("utf-8")
        assert [word for word in text.split() if "://" in word and "127.0.0.1" not in word] == [], name
