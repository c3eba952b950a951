"""Ids as bytes: hashes of numbers, in bulk."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

HEX = np.array([ord(digit) for digit in "0123456789abcdef"], np.uint8)
BYTES_AS_HEX = np.stack([np.repeat(HEX, 16), np.tile(HEX, 16)], axis=1).view(np.uint16)
DIGITS = 16


def mix(numbers: np.ndarray, seed: int) -> np.ndarray:
    """Return a 64-bit hash of each number; different numbers, different hashes.

    The finalizer of SplitMix64, which is a bijection.
    """
    hashes = numbers.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(seed)
    hashes = (hashes ^ (hashes >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    hashes = (hashes ^ (hashes >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return hashes ^ (hashes >> np.uint64(31))


def hash_texts(numbers: np.ndarray, seed: int, prefix: str) -> pa.Array:
    """Return an id a number: the prefix and 16 hexadecimal digits.

    The prefix keeps spreadsheets from reading 12e45 as a number.
    """
    count, width = len(numbers), len(prefix) + DIGITS
    texts = np.empty((count, width), np.uint8)
    texts[:, : len(prefix)] = np.frombuffer(prefix.encode(), np.uint8)
    octets = mix(numbers, seed).view(np.uint8)
    digits = BYTES_AS_HEX.ravel().take(octets).view(np.uint8)
    texts[:, len(prefix) :] = digits.reshape(count, DIGITS)
    ends = np.arange(count + 1, dtype=np.int32) * width
    return pa.StringArray.from_buffers(count, pa.py_buffer(ends), pa.py_buffer(texts))
