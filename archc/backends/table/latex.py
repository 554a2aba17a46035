"""Tables as LaTeX: `longtable` and `booktabs`, to be included with `\\input`."""

from __future__ import annotations

from collections.abc import Iterator

from archc.backends.table.model import Cells, Table, cell_text

SPECIAL = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "{": r"\{",
        "}": r"\}",
        "$": r"\$",
        "&": r"\&",
        "#": r"\#",
        "%": r"\%",
        "_": r"\_",
        "^": r"\textasciicircum{}",
        "~": r"\textasciitilde{}",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
        "|": r"\textbar{}",
        '"': r"\textquotedbl{}",
        "\n": " ",
    }
)


def latex(table: Table) -> Iterator[str]:
    """One longtable; groups are set apart by rules, notes stand below."""
    letters = "".join(["r" if column.number else "l" for column in table.columns])
    yield r"% \usepackage{booktabs,longtable} and \usepackage[T1]{fontenc} in the preamble"
    yield rf"\begin{{longtable}}{{{letters}}}"
    yield rf"\caption{{{escape('. '.join([table.caption, *table.head[1:]]))}}}\\"
    yield r"\toprule"
    yield _line(tuple([column.name for column in table.columns]))
    yield r"\midrule"
    yield r"\endhead"
    for number, group in enumerate(table.groups):
        if number:
            yield r"\midrule"
        if group.title:
            yield rf"\multicolumn{{{len(letters)}}}{{l}}{{{escape(group.title)}}}\\"
        for row in group.rows:
            yield _line(row)
        if group.total:
            yield r"\midrule"
            yield _line(group.total)
    yield r"\bottomrule"
    yield r"\end{longtable}"
    for note in table.notes:
        yield rf"\noindent {escape(note)}\par" if note else ""


def _line(row: Cells) -> str:
    return " & ".join([_cell(cell_text(cell)) for cell in row]) + r" \\"


def _cell(value: str) -> str:
    # A line that begins with a bracket would be read as the option of the \\ before it.
    return f"{{}}{escape(value)}" if value[:1] in ("[", "*") else escape(value)


def escape(value: str) -> str:
    """Text that LaTeX sets as it is."""
    return value.translate(SPECIAL)
