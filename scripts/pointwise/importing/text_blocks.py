"""A file of any encoding as blocks of UTF-8 bytes that end where a line ends.

What cannot be decoded is passed on as bytes that are not UTF-8, so that whoever reads
the lines sets them aside; nothing is replaced or dropped here.
"""

import codecs
import gzip
import hashlib
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

from pointwise.core.errors import PointwiseError
from pointwise.importing.inputs import Input, is_bomb, too_large

BLOCK_BYTES = 8 << 20
LONGEST_LINE_BYTES = 64 << 20

GZIP_START = b"\x1f\x8b"
NOT_TEXT = {
    b"\x28\xb5\x2f\xfd": "is compressed with zstd: unpack it first",
    b"BZh": "is compressed with bzip2: unpack it first",
    b"\xd0\xcf\x11\xe0": "is an Excel file: save it as CSV",
    b"SQLite format 3\0": "is a database of SQLite: export its table as CSV",
    b"Obj\x01": "is an Avro file: export it as Parquet, JSON lines or CSV",
    b"%PDF": "is a PDF: export it as CSV",
}
BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def keep_undecodable(error: UnicodeError) -> tuple[str, int]:
    """Turn bytes that cannot be decoded into surrogates, which are no UTF-8 either."""
    undecodable = error.object[error.start : error.end]
    return "".join(chr(0xDC00 + byte) for byte in undecodable), error.end


codecs.register_error("keep_undecodable", keep_undecodable)


def content_hash(path: Path) -> str:
    """Return a hash of the file's unpacked content; fail if it is no readable text."""
    digest = hashlib.sha256()
    for _ in raw_blocks(path, digest.update):
        pass
    return digest.hexdigest()


def text_blocks(
    path: Path,
    encoding: str | None = None,
    on_bytes: Callable[[bytes], None] | None = None,
    on_position: Callable[[int], None] | None = None,
) -> Iterator[bytes]:
    """Yield the file as UTF-8; every block ends with a line feed, the last one too.

    on_bytes sees the unpacked bytes, on_position how far into the file we are.
    """
    whole = begun = b""
    for block in utf8_blocks(raw_blocks(path, on_bytes, on_position), encoding):
        cut = block.rfind(b"\n") + 1
        if cut:
            if whole:
                yield whole
            whole, begun = begun + block[:cut], block[cut:]
        else:
            begun += block
        if len(begun) > LONGEST_LINE_BYTES:
            raise PointwiseError(
                f"{path}: a line is longer than {LONGEST_LINE_BYTES >> 20} MB;"
                " is this a text file with an event a line?"
            )
    if whole or begun:
        yield whole + begun + b"\n" if begun else whole


def raw_blocks(
    path: Path,
    on_bytes: Callable[[bytes], None] | None = None,
    on_position: Callable[[int], None] | None = None,
) -> Iterator[bytes]:
    """Yield the file's bytes, unpacked if it is gzip."""
    if path.is_dir():
        raise PointwiseError(f"{path} is a folder")
    try:
        with path.open("rb") as file:
            start = file.read(16)
            for magic, what in NOT_TEXT.items():
                if start.startswith(magic):
                    raise PointwiseError(f"{path} {what}")
            file.seek(0)
            is_gzip = start.startswith(GZIP_START)
            unpacked = gzip.GzipFile(fileobj=file) if is_gzip else file
            check_size = size_check(path) if is_gzip else None
            listeners = [on_bytes, check_size]
            while block := unpacked.read(BLOCK_BYTES):
                for on_block in filter(None, listeners):
                    on_block(block)
                if on_position:
                    on_position(file.tell())
                yield block
    except FileNotFoundError:
        raise PointwiseError(f"{path} does not exist") from None
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise PointwiseError(
            f"{path} is a damaged gzip file, get it again: {error}"
        ) from None
    except OSError as error:
        raise PointwiseError(f"{path} cannot be read: {error.strerror}") from None


def size_check(path: Path) -> Callable[[bytes], None]:
    """Return what to call with each block unpacked; it fails at too many of them."""
    size, unpacked = path.stat().st_size, 0

    def check(block: bytes) -> None:
        nonlocal unpacked
        unpacked += len(block)
        if is_bomb(size, unpacked):
            raise too_large(path)

    return check


def utf8_blocks(blocks: Iterator[bytes], encoding: str | None) -> Iterator[bytes]:
    """Re-encode blocks as UTF-8 without a byte order mark, lines ended by a feed."""
    decoder = line_end = None
    is_first = True
    for block in blocks:
        if is_first:
            encoding = encoding or detected_encoding(block)
            if codecs.lookup(encoding).name != "utf-8":
                decoder = codecs.getincrementaldecoder(encoding)("keep_undecodable")
        if decoder:
            block = recoded(decoder.decode(block))
        if is_first:
            block = block.removeprefix(codecs.BOM_UTF8)
            # Old Macintosh files end lines with a carriage return only.
            line_end = b"\r" if b"\r" in block and b"\n" not in block else b"\n"
            is_first = False
        yield block if line_end == b"\n" else block.replace(b"\r", b"\n")
    if decoder:
        yield recoded(decoder.decode(b"", True))


def recoded(text: str) -> bytes:
    """Return text as UTF-8, what could not be decoded as bytes that are not."""
    return text.encode("utf-8", "surrogatepass")


def detected_encoding(block: bytes) -> str:
    """Return the encoding a byte order mark, or the pattern of zeros, gives away."""
    for mark, encoding in BYTE_ORDER_MARKS:
        if block.startswith(mark):
            return encoding
    sample = block[:400]
    if len(sample) >= 8 and len(sample) % 2 == 0:
        for offset, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
            zeros, others = sample[offset::2], sample[1 - offset :: 2]
            if zeros.count(0) > 0.9 * len(zeros) and not others.count(0):
                return encoding
    return "utf-8"


def check_encoding(encoding: str) -> None:
    """Fail unless Python knows the text encoding."""
    try:
        "".encode(encoding)
    except LookupError:
        raise PointwiseError(
            f"--encoding: {encoding!r} is not a text encoding; common ones are utf-8,"
            " utf-16, cp1252 (Windows), latin-1"
        ) from None


def is_utf8(data: bytes) -> bool:
    """Say if bytes are UTF-8."""
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def shown(data: bytes) -> str:
    """Return bytes as text, what cannot be decoded as hexadecimal."""
    return data.decode("utf-8", "backslashreplace").replace("\0", "\\x00")


def unless_gzip(file: Input) -> str:
    """Return what to add to an error: a file is named as if compressed, and is not."""
    if not file.name.lower().endswith((".gz", ".gzip")):
        return ""
    try:
        with file.path.open("rb") as opened:
            is_gzip = opened.read(len(GZIP_START)) == GZIP_START
    except OSError:
        return ""
    said = "; its name says gzip, and it is not compressed: is it the right file?"
    return "" if is_gzip else said
