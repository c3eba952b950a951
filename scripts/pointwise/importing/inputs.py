"""The files that were meant: folders and zip archives are opened, file after file.

A member of an archive is written under a name of ours into a folder that goes again;
what it is called decides nothing but how it is shown. An archive that unpacks to many
times its size is refused before it can fill a disk.
"""

import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from pointwise.core.errors import PointwiseError

ZIP_START = b"PK\x03\x04"
# Text of events shrinks to a thirtieth, rarely to a hundredth.
MOST_TIMES_LARGER = 300
NEVER_TOO_LARGE_BYTES = 256 << 20
MOST_MEMBERS = 20_000
BLOCK_BYTES = 1 << 20
SKIPPED = ("__MACOSX/",)


class Input(NamedTuple):
    """A file to read, and how people call it."""

    path: Path
    name: str
    shown: str


def inputs_in(paths: list[Path], folder: Path) -> Iterator[Input | PointwiseError]:
    """Yield the files of paths, or why one of them cannot be opened.

    Args:
        paths: files, folders and zip archives.
        folder: where members of archives are, each until the next is asked for.
    """
    for path in paths:
        if path.is_dir():
            files = sorted(found for found in path.rglob("*") if is_meant(found, path))
            if not files:
                yield PointwiseError(f"{path} is a folder without a file to import")
        else:
            files = [path]
        for file in files:
            if is_zip(file):
                yield from members_of(file, folder)
            else:
                yield Input(file, file.name, str(file))


def is_meant(file: Path, folder: Path) -> bool:
    """Say if a file below a folder is meant: not hidden, and no note about others."""
    parts = file.relative_to(folder).parts
    return (
        file.is_file()
        and not any(part.startswith((".", "_SUCCESS")) for part in parts)
        and file.suffix.lower() not in (".crc", ".md", ".pdf")
    )


def is_zip(file: Path) -> bool:
    """Say if a file begins as zip archives do, Excel files among them."""
    try:
        with file.open("rb") as opened:
            return opened.read(4) == ZIP_START
    except OSError:
        return False


def members_of(file: Path, folder: Path) -> Iterator[Input | PointwiseError]:
    """Yield an archive's files, unpacked one after another."""
    try:
        with zipfile.ZipFile(file) as archive:
            members = [m for m in archive.infolist() if is_data(m.filename)]
            check_archive(file, archive, members)
            for number, member in enumerate(members):
                try:
                    unpacked = unpack(file, archive, member, folder, number)
                except PointwiseError as error:
                    yield error
                    continue
                base = member.filename.replace("\\", "/").rpartition("/")[2]
                yield Input(unpacked, base, f"{file}/{member.filename}")
                unpacked.unlink(missing_ok=True)
    except PointwiseError as error:
        yield error
    except (zipfile.BadZipFile, OSError, NotImplementedError, ValueError) as error:
        yield PointwiseError(f"{file} is a damaged zip archive: {error}")


def is_data(name: str) -> bool:
    """Say if a member is a file, and no note of the program that packed it."""
    base = name.replace("\\", "/").rpartition("/")[2]
    return bool(base) and not base.startswith(".") and not name.startswith(SKIPPED)


def check_archive(
    file: Path, archive: zipfile.ZipFile, members: list[zipfile.ZipInfo]
) -> None:
    """Fail if an archive is an Excel file, is empty, or unpacks to far too much."""
    if "[Content_Types].xml" in archive.NameToInfo:
        raise PointwiseError(f"{file} is an Excel file: save it as CSV")
    if not members:
        raise PointwiseError(f"{file} is a zip archive without a file")
    if len(members) > MOST_MEMBERS:
        raise PointwiseError(
            f"{file} has {len(members):,} files; unpack it, and name its folder"
        )
    unpacked = sum(member.file_size for member in members)
    if is_bomb(file.stat().st_size, unpacked):
        raise too_large(file)


def is_bomb(packed: int, unpacked: int) -> bool:
    """Say if a file unpacks to more than data ever does."""
    return unpacked > max(NEVER_TOO_LARGE_BYTES, MOST_TIMES_LARGER * packed)


def too_large(file: Path | str) -> PointwiseError:
    """Return the error for a file that would fill the disk."""
    return PointwiseError(
        f"{file} unpacks to more than {MOST_TIMES_LARGER} times its size, as archives"
        " made to fill a disk do; if it is right, unpack it and name what was in it"
    )


def unpack(
    file: Path,
    archive: zipfile.ZipFile,
    member: zipfile.ZipInfo,
    folder: Path,
    number: int,
) -> Path:
    """Write a member to a file of ours; fail if it cannot be read whole."""
    shown = f"{file}/{member.filename}"
    if member.flag_bits & 1:
        raise PointwiseError(f"{shown} needs a password: unpack it first")
    path, written = folder / f"member-{number}", 0
    try:
        with archive.open(member) as packed, path.open("wb") as unpacked:
            while block := packed.read(BLOCK_BYTES):
                written += len(block)
                if is_bomb(file.stat().st_size, written):
                    raise too_large(shown)
                unpacked.write(block)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise PointwiseError(f"{shown} is damaged: {error}") from None
    if is_zip(path):
        raise PointwiseError(f"{shown} is an archive in an archive: unpack it first")
    return path
