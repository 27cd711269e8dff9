"""Fixtures that every test may use."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Machines under test are small and shared: a slow example is no failure.
settings.register_profile("whyrec", deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("whyrec")

pytest_plugins = ["databases"]  # fixtures of tests/databases.py

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture
def shared():
    """Return the folder of a real data set that lies beside the repository, or skip."""

    def folder(name: str) -> Path:
        if not (SHARED / name).is_dir():
            pytest.skip(f"needs the data set {name!r} beside the repository")
        return SHARED / name

    return folder


def require(found: bool, what: str) -> None:
    """Skip where an outside program is missing; fail where WHYREC_REQUIRE_ALL says that it must be there."""
    if not found:
        if os.environ.get("WHYREC_REQUIRE_ALL"):
            pytest.fail(f"{what} is missing, and WHYREC_REQUIRE_ALL is set")
        pytest.skip(f"{what} is not on this machine")
