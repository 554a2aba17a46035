"""Small random networks of blocks that are used again in all ways."""

from __future__ import annotations

from random import Random

ACTIVATIONS = ("relu", "leaky 0.3", "silu", "hswish", "elu", "sigmoid", "gelu", "mish", "prelu")
LAYERS = (
    *("conv 1x1 4", "conv 3x3 4 pad=half", "conv 1x1 4 ; bn", "conv 1x1 4 ; bn ; relu", "bn"),
    *("layernorm", "avgpool 3x3/1 pad=1", "identity", "groupnorm 2", "dropout 30%", "layerscale"),
    *("pad 1 ; crop 8x8", "scale 2"),
)
JOINS = ("add", "add", "add", "sub", "mul", "max", "mean")


class Net:
    """A network: its text, and the names of its rows."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._rows = 0
        self._blocks: dict[str, tuple[int, list[str]]] = {}
        """the number of arguments, and the rows"""
        lines: list[str] = []
        for name in ("a", "b", "c")[: random.randint(1, 3)]:
            given = ["q", "w"][: random.choice([0, 0, 1, 2])]
            body, rows = self._body(given, random.randint(2, 4))
            start = [f"  from {random.choice(given)}"] if given and random.random() < 0.5 else []
            lines += [f"block {name}({', '.join(given)})", *start, *body]
            self._blocks[name] = len(given), rows
        body, self.rows = self._body([], random.randint(4, 8))
        lines += ["net n()", "  input 8x8x4", *body]
        if len(self.rows) > 2:
            lines.append(f"  output {self.rows[-1]} {random.choice(self.rows[:-1])}")
        self.text = "\n".join(lines) + "\n"

    def _body(self, given: list[str], count: int) -> tuple[list[str], list[str]]:
        """The lines of a body that reads the rows it is given, and the names of its own."""
        random = self._random
        lines: list[str] = []
        rows: list[str] = []
        inner: list[str] = []
        uses: list[tuple[str, str]] = []
        for _ in range(count):
            self._rows += 1
            row, chance, known = f"r{self._rows}", random.random(), [*given, *rows]
            if chance < 0.4 or not known:
                lines.append(f"  {row}: {random.choice(LAYERS + ACTIVATIONS)}")
            elif chance < 0.6:
                lines.append(f"  {row}: {random.choice(JOINS)}")
                lines += [f"    {self._path([*known, *inner])}" for _ in range(2)]
            elif chance < 0.8 and uses:
                used, block = random.choice(uses)
                lines += [f"  from {random.choice(known)}"] if random.random() < 0.3 else []
                lines.append(f"  reuse {used} as {row}")
                inner += [f"{row}.{name}" for name in self._blocks[block][1]]
            elif self._blocks:
                block = random.choice([*self._blocks])
                number, names = self._blocks[block]
                arguments = [random.choice(known) for _ in range(number)]
                lines.append(f"  {' '.join([block, *arguments])} as {row}")
                inner += [f"{row}.{name}" for name in names]
                uses.append((row, block))
            else:
                lines.append(f"  {row}: {random.choice(ACTIVATIONS)}")
            rows.append(row)
        return lines, rows

    def _path(self, known: list[str]) -> str:
        """A path of a join."""
        start = f"from {self._random.choice(known)}"
        more = self._random.choices(LAYERS + ACTIVATIONS, k=self._random.randint(0, 2))
        return " ; ".join([start, *more])
