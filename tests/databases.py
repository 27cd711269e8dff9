"""Stores to test on: SQLite in a new folder, and a real PostgreSQL server that lives as long as the test session."""

import os
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

import pytest

from conftest import require
from whyrec.core.config import ServeSettings
from whyrec.store.store import open_store


def run(*command, user):
    subprocess.run(["runuser", "-u", user, "--", *map(str, command)], check=True, capture_output=True, timeout=60)


@pytest.fixture(scope="session")
def postgres():
    """Address of a PostgreSQL server on a free local port, with fsync on as in real life."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    require(bool(found) and shutil.which("runuser") is not None and os.geteuid() == 0, "a PostgreSQL server")
    tools = found[-1].parent
    folder = Path(tempfile.mkdtemp(prefix="whyrec-postgres-"))
    shutil.chown(folder, "postgres")
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port = trial.getsockname()[1]
    try:
        run(tools / "initdb", "-D", folder / "data", "-A", "trust", "-U", "postgres", "-E", "UTF8", user="postgres")
        options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1"
        log = folder / "log"
        run(tools / "pg_ctl", "-D", folder / "data", "-o", options, "-l", log, "-w", "start", user="postgres")
        yield f"postgresql://postgres@127.0.0.1:{port}"
    finally:
        if (folder / "data" / "postmaster.pid").exists():
            run(tools / "pg_ctl", "-D", folder / "data", "-m", "immediate", "-w", "stop", user="postgres")
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def serve(request, tmp_path):
    """Settings of a new, empty store of either kind."""
    if request.param == "sqlite":
        return ServeSettings(store=f"sqlite:///{tmp_path}/store.db")
    import psycopg

    address = request.getfixturevalue("postgres")
    name = f"shop_{os.urandom(6).hex()}"
    with psycopg.connect(f"{address}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return ServeSettings(store=f"{address}/{name}")


@pytest.fixture
def store(serve, tmp_path):
    opened = open_store(tmp_path, serve)
    yield opened
    opened.close()
