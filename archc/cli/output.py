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
    if not os.path.isfile(path):  # a device would become a file
        return f"{path} is no file; without -o the text goes to standard output"
    if force:
        return ""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            ours = MARK in file.read(LOOKED_AT)
    except OSError as error:
        return f"{path} cannot be read: {error.strerror}"
    return "" if ours else f"{path} was not written by archc; --force overwrites it"
