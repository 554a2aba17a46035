"""Frozen, slotted records made without generating code.

`dataclasses` compiles new source for every class, about a millisecond each; archc has some two
hundred record classes and starts in a tenth of a second. Type checkers see these as frozen
dataclasses.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, dataclass_transform

MISSING: Any = object()


@dataclass_transform(frozen_default=True)
class RecordType(type):
    """Turns annotated names into slots, and their values into defaults."""

    __fields__: tuple[str, ...]
    __defaults__: dict[str, Any]
    __setters__: tuple[Callable[[Any, Any], None], ...]

    def __new__(mcls, name: str, bases: tuple[type, ...], space: dict[str, Any]) -> RecordType:
        inherited = next((base for base in bases if isinstance(base, RecordType)), None)
        own = [field for field in space.get("__annotations__", ()) if not field.startswith("_")]
        own = [field for field in own if not _is_class_variable(space["__annotations__"][field])]
        defaults = dict(inherited.__defaults__) if inherited else {}
        defaults.update({field: space.pop(field) for field in own if field in space})
        # Set before the class exists: `__init_subclass__` of a base already reads them.
        space["__slots__"] = tuple(own)
        space["__fields__"] = (*(inherited.__fields__ if inherited else ()), *own)
        space["__defaults__"] = defaults
        cls = super().__new__(mcls, name, bases, space)
        cls.__setters__ = tuple(getattr(cls, field).__set__ for field in cls.__fields__)
        return cls


def _is_class_variable(annotation: object) -> bool:
    return str(annotation).startswith(("ClassVar", "typing.ClassVar"))


class Record(metaclass=RecordType):
    """Base of a frozen record: equal, hashed and printed by its fields.

    Raises TypeError for a field that is missing, unknown or given twice, as a function call
    would.
    """

    def __init__(self, *values: Any, **named: Any) -> None:
        cls = type(self)
        setters = cls.__setters__
        if not named and len(values) == len(setters):
            for assign, value in zip(setters, values):
                assign(self, value)
            return
        if len(values) > len(setters):
            raise TypeError(f"{cls.__name__} takes {len(setters)} values, not {len(values)}")
        for position, (field, assign) in enumerate(zip(cls.__fields__, setters)):
            if position < len(values):
                value = values[position]
            else:
                value = named.pop(field, MISSING)
                if value is MISSING:
                    value = cls.__defaults__.get(field, MISSING)
                if value is MISSING:
                    raise TypeError(f"{cls.__name__} needs a value for {field!r}")
            assign(self, value)
        if named:
            raise TypeError(f"{cls.__name__} has no field {next(iter(named))!r} left to set")

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen: {name!r} cannot be set")

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and _values(self) == _values(other)

    def __hash__(self) -> int:
        return hash((type(self), _values(self)))

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in type(self).__fields__)
        return f"{type(self).__name__}({shown})"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), _values(self)


def _values(record: Any) -> tuple[Any, ...]:
    return tuple([getattr(record, name) for name in type(record).__fields__])


def replace(record: Any, **changes: Any) -> Any:
    """Return a copy of a record with some fields changed."""
    names = type(record).__fields__
    return type(record)(*[changes.get(name, getattr(record, name)) for name in names])
