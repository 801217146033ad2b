"""Whole missions, carried by hand."""

from tests.missions.conftest import carrier  # noqa: F401  a fixture
