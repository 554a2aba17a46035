"""Whether two syntax trees say the same, wherever they were read from."""

from __future__ import annotations

from typing import Any

from archc.record import Record
from archc.source import Span
from archc.syntax.tree import Comment


def same_tree(left: Any, right: Any) -> bool:
    """Whether two nodes or files are equal but for their places; comments by their text."""
    waiting = [(left, right)]
    while waiting:
        one, other = waiting.pop()
        if type(one) is not type(other):
            return False
        if isinstance(one, Comment):
            if one.span.text != other.span.text:
                return False
        elif isinstance(one, Span):
            continue
        elif isinstance(one, Record):
            fields = [field for field in type(one).__fields__ if field != "source"]
            waiting += [(getattr(one, field), getattr(other, field)) for field in fields]
        elif isinstance(one, tuple):
            if len(one) != len(other):
                return False
            waiting += list(zip(one, other))
        elif one != other:
            return False
    return True
