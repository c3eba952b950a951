"""300 worlds of odd event files against one plain file of the same events.

python bench/odd_files.py            # prints what differs; ends with 1 if anything does
python bench/odd_files.py --worlds 30
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "python"))

from test_odd_files import differences

WORLDS_PER_BUILD = 50


def main() -> int:
    """Compare the worlds, fifty a build."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--worlds", type=int, default=300)
    worlds, differing = parser.parse_args().worlds, []
    for first in range(1000, 1000 + worlds, WORLDS_PER_BUILD):
        count = min(WORLDS_PER_BUILD, 1000 + worlds - first)
        with tempfile.TemporaryDirectory() as folder:
            lines, _ = differences(Path(folder), first, count)
        differing += lines
        print(f"worlds {first} to {first + count - 1}: {len(lines)} rows differ")
    print(f"{worlds} worlds, {len(differing)} rows differ", *differing[:20], sep="\n")
    return bool(differing)


if __name__ == "__main__":
    sys.exit(main())
