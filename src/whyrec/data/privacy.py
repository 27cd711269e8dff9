"""The shop's secret, and hashes that only its holder can make.

    folder/secret          32 random bytes as hex, made when it is first wanted, readable by its owner only
    WHYREC_SECRET          takes its place, so that several machines of one shop share it

Every use has a purpose of its own, so that a hash made for one says nothing about another. Whoever loses it can no
longer read old tokens, pseudonyms or the suppression list: keep a copy, but apart from the backups of the data.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import re
import secrets
from pathlib import Path

from whyrec.core.errors import SettingsError

VARIABLE = "WHYREC_SECRET"
FILE = "secret"
SHORTEST = 32
_PSEUDONYM = re.compile(r"~[0-9a-f]{32}")


def secret_of(folder: Path) -> bytes:
    """Return the secret of a shop folder, making one where there is none.

    Raises SettingsError for one that is too short to be one.
    """
    given = os.environ.get(VARIABLE)
    if given is None:
        path = folder / FILE
        if not path.exists():
            _make(path)
        given = path.read_text(encoding="ascii").strip()
    if len(given) < SHORTEST:
        raise SettingsError(
            f"Expected a secret of at least {SHORTEST} characters in {VARIABLE} or {folder / FILE}, got {len(given)}. "
            'Make one with: python -c "import secrets; print(secrets.token_hex(32))"'
        )
    return given.encode()


def _make(path: Path) -> None:
    """Write a new secret; where another process is quicker, its secret stays."""
    new = path.with_name(f".{FILE}-{os.getpid()}")
    place = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(place, "w", encoding="ascii") as file:
        file.write(secrets.token_hex(32) + "\n")
        file.flush()
        os.fsync(file.fileno())
    with contextlib.suppress(FileExistsError):
        os.link(new, path)
    new.unlink()


def keyed(secret: bytes, purpose: str, text: str) -> str:
    """Return the keyed hash of a text for one purpose: HMAC-SHA-256 in hex, 64 characters."""
    return hmac.new(_own_key(secret, purpose), text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def pseudonym(secret: bytes, user: str) -> str:
    """Return the pseudonym of an id; a pseudonym stays what it is."""
    return user if _PSEUDONYM.fullmatch(user) else f"~{keyed(secret, 'pseudonym', user)[:32]}"


def _own_key(secret: bytes, purpose: str) -> bytes:
    return hmac.new(secret, purpose.encode(), hashlib.sha256).digest()
