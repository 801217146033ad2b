"""Parts that a machine may lack: locally a reason to skip, in CI a failure."""

import os

import pytest


def absent(part: str) -> None:
    """Locally a missing part is a reason to skip; in CI nothing may be missing."""
    if os.environ.get("CI"):  # noqa: TID251  the one word that CI says about itself
        pytest.fail(f"{part} is absent, and CI=true")
    pytest.skip(f"{part} is absent")
