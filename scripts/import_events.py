"""Import events or profiles: what `pointwise import` does, with the same options."""

import sys

from pointwise.cli import main

if __name__ == "__main__":
    main(["import", *sys.argv[1:]])
