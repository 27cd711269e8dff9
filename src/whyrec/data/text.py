"""From the bytes of a file to lines of text, whatever wrote it.

Gzip, byte order marks, UTF-16, GBK (as GB18030) and Windows-1252 (of which Latin-1 is a part) are recognised. Bytes
that are no UTF-8, and NUL, become the noncharacter MARK, so that the rows that hold one can be set aside with a
reason and nothing is guessed.
"""

from __future__ import annotations

import codecs
import gzip
import io
import itertools
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from whyrec.core.errors import InputError

MARK = "\ufdd0"
"""A code point that no text may hold: stands where a byte could not be decoded."""
LONGEST_LINE = 1_000_000
_CHUNK = 1 << 20
_COMMON_SHARE = 0.9  # of the letters outside ASCII that must be common ones before text counts as GBK or Western
_WESTERN = frozenset("ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜßàáâãäåæçèéêëìíîïñòóôõöøùúûüŒœŠšŽž‘’“”–—…•€£¥§©®™°«»¿¡·²³½¼ºª´\xa0")

codecs.register_error("whyrec-mark", lambda error: (MARK, error.end))  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Encoding:
    """How a file's bytes are to be decoded, and what a person should be told about it."""

    name: str
    errors: str = "strict"
    note: str = ""


def open_bytes(path: Path) -> IO[bytes]:
    """Open a file, unpacked where it is gzip."""
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    return io.BufferedReader(gzip.open(path, "rb")) if packed else path.open("rb")


def chunks(path: Path) -> Iterator[bytes]:
    """Yield the unpacked bytes of a file.

    Raises InputError where the file cannot be read or its gzip is cut off.
    """
    try:
        with open_bytes(path) as file:
            while chunk := file.read(_CHUNK):
                yield chunk
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise InputError(
            f"Expected a whole gzip file, but {path} is cut off or damaged ({error}). Copy or export it again."
        ) from None
    except OSError as error:
        raise InputError(f"Expected a file to read at {path}, but: {error.strerror or error}.") from None


def find_encoding(path: Path) -> Encoding:
    """Decide how a file is encoded by reading it through once."""
    head = next(chunks(path), b"")[:4096]
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return Encoding("utf-16", "whyrec-mark", "the text is UTF-16 and was read as such")
    if b"\x00" in head.partition(b"\n")[0]:
        raise InputError(
            f"Expected CSV, JSON lines or parquet in {path}, found binary data (its first bytes are {head[:8]!r}). "
            "Export the table as CSV or parquet."
        )
    bom = head.startswith(codecs.BOM_UTF8)
    if _decodes(path, "utf-8"):
        return Encoding("utf-8-sig" if bom else "utf-8")
    if not bom and (other := _other_than_utf8(path)):
        return other
    return Encoding(
        "utf-8-sig" if bom else "utf-8",
        "whyrec-mark",
        "some bytes are not UTF-8 and fit no other encoding; rows that hold them were set aside. "
        "If there are many, save the file as UTF-8 and import it again",
    )


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    try:
        for chunk in chunks(path):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _other_than_utf8(path: Path) -> Encoding | None:
    """GBK or Windows-1252, where the text's letters are the usual ones of such a text; None for UTF-8 with defects."""
    high = utf8 = western = 0
    for chunk in chunks(path):
        high += sum(byte > 0x7F for byte in chunk)
        utf8 += sum(len(letter.encode()) for letter in chunk.decode("utf-8", "ignore") if letter > "\x7f")
        western += sum(letter in _WESTERN for letter in chunk.decode("cp1252", "replace"))
    chinese, common = _chinese(path)
    if utf8 > high / 2:
        return None
    # Western letters before Latin ones make rare Chinese pairs; those of GB2312 are two bytes outside ASCII.
    if common < _COMMON_SHARE and western >= _COMMON_SHARE * high:
        return Encoding("cp1252", "whyrec-mark", "the text is not UTF-8; it was read as Windows-1252 (Latin-1)")
    if chinese >= _COMMON_SHARE:
        return Encoding("gb18030", "strict", "the text is not UTF-8; it was read as GBK (GB18030)")
    return None


def _chinese(path: Path) -> tuple[float, float]:
    """Of the letters outside ASCII, read as GB18030: the shares of Chinese ones, and of common ones (GB2312)."""
    decoder = codecs.getincrementaldecoder("gb18030")("strict")
    chinese = common = total = 0
    try:
        for chunk in itertools.chain(chunks(path), [b""]):
            for letter in decoder.decode(chunk, final=not chunk):
                if letter > "\x7f":
                    total += 1
                    if "\u4e00" <= letter <= "\u9fff" or "\u3000" <= letter <= "\u303f" or letter >= "\uff00":
                        chinese += 1
                        common += len(letter.encode("gb2312", "ignore")) == 2
    except UnicodeDecodeError:
        return 0.0, 0.0
    return (chinese / total, common / total) if total else (0.0, 0.0)


def lines(path: Path, encoding: Encoding) -> Iterator[str]:
    """Yield the lines of a file with their ends; NUL and undecodable bytes are MARK.

    Raises InputError for a line longer than LONGEST_LINE, since such a file is rarely what it was said to be.
    """
    with open_bytes(path) as file:
        stream = io.TextIOWrapper(file, encoding=encoding.name, errors=encoding.errors, newline="")
        number = 0
        try:
            while line := stream.readline(LONGEST_LINE + 1):
                number += 1
                if len(line) > LONGEST_LINE:
                    raise InputError(
                        f"Expected lines of at most {LONGEST_LINE:,} characters, but line {number:,} of {path} is "
                        "longer. Check that the file is a table with one row a line, and that its lines have ends."
                    )
                yield line.replace("\x00", MARK) if "\x00" in line else line
        except UnicodeDecodeError as error:
            raise InputError(f"Expected text in {path}, but line {number + 1:,} cannot be decoded: {error}.") from None
