"""Titles and queries of the simulated shop spoken aloud by espeak-ng, a program of Debian; simulated like the rest.

A voice is a language with one of espeak-ng's variants, such as en+f3; its speed and pitch are its own. Speech of
programs is far more alike than that of people: what is found here says that the path from sound to product works, and
no more.
"""

from __future__ import annotations

import shutil
import subprocess
import zlib

from whyrec.core.errors import UsageError

VOICES = ("m1", "f1", "m3", "f3", "max", "steph", "m5", "f5", "linda", "john", "caleb", "anika", "m7", "f2", "edward")
"""Variants to learn from,"""
UNHEARD = ("m2", "f4", "belinda", "victor", "andy")
"""and those that are kept for the test."""


def is_installed() -> bool:
    """Whether espeak-ng is there."""
    return shutil.which("espeak-ng") is not None


def spoken(text: str, variant: str, language: str = "en") -> bytes:
    """Return a WAV of a text. Raises UsageError where espeak-ng is missing or knows no such voice."""
    if not is_installed():
        raise UsageError("Expected the program espeak-ng, found none. Install it: apt-get install espeak-ng")
    own = zlib.crc32(variant.encode())
    speed, pitch = 140 + own % 50, 35 + own // 64 % 30
    command = ["espeak-ng", "-v", f"{language}+{variant}", "-s", str(speed), "-p", str(pitch), "--stdout", "--", text]
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode or done.stdout[:4] != b"RIFF":
        told = done.stderr.decode(errors="replace").strip()[:100]
        raise UsageError(f"Expected a voice that espeak-ng knows, got {language}+{variant}: {told or 'no sound'}.")
    return done.stdout
