"""`python -m archc`: the same as the command `archc`."""

from __future__ import annotations

import sys

from archc.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
