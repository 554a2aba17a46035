"""What verbs that write a file share: which files may be overwritten."""

from __future__ import annotations

import os

MARK = "ritten by archc "
"""near the beginning of every file that archc may write again"""
LOOKED_AT = 4000


def refused(path: str, *, force: bool) -> str:
    """Why a file is not written; empty if it may be."""
    if path == "-" or not os.path.exists(path):
        return ""
    if os.path.isdir(path):
        return f"{path} is a folder"
    if force:
        return ""
    with open(path, encoding="utf-8", errors="replace") as file:
        ours = MARK in file.read(LOOKED_AT)
    return "" if ours else f"{path} was not written by archc; --force overwrites it"
