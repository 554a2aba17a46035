"""A checked network as canonical .arch text, as a person would have written it."""

from archc.backends.arch.write import write

__all__ = ["write"]
