"""The limits of what archc takes on, in one place; docs/limits.md explains them.

A file may be hostile. Each limit has a message that names it, and `--limit NAME=N` raises it.
"""

from __future__ import annotations

from archc.record import Record


class Limits(Record):
    """Defaults are far above any network in print and far below what would hang a machine."""

    file_bytes: int = 4 * 1024 * 1024
    """bytes of one file"""
    layers: int = 200_000
    """primitive layers of one expanded network"""
    nesting: int = 64
    """bodies within bodies, brackets within brackets"""
    depth: int = 256
    """blocks within blocks while expanding, recursion included"""
    digits: int = 100
    """decimal digits of any number"""
    files: int = 200
    """files that one file uses, directly or not"""


DEFAULT = Limits()

DEPTH_AT_MOST = 5_000
"""no flag raises `depth` above this: each level takes memory that a runaway recursion would fill"""
