"""Bodies, rows that go on, and files with several mistakes."""

from archc.limits import Limits
from archc.source import SourceFile
from tests.syntax.helpers import mistakes, read


def messages(text, **limits):
    return [found.message for found in read(text, Limits(**limits))[1]]


def test_indentation_makes_bodies():
    file, found = read("net n()\n  add\n    identity\n    conv 1\n  relu\n")
    assert found == []
    add, relu = file.statements[0].body
    assert [row.steps[0].head.parts[0] for row in add.body] == ["identity", "conv"]
    assert relu.body is None


def test_any_depth_of_indentation_is_fine_if_neighbours_agree():
    file, found = read("net n()\n     add\n        a\n        b\n     c\n")
    assert found == []
    assert len(file.statements[0].body[0].body) == 2


def test_a_row_goes_on_behind_a_semicolon_with_comments_between():
    file, found = read("net n()\n  a ;  # one\n\n # two\n    b ;\n  c  # three\n  d\n")
    assert found == []
    first, second = file.statements[0].body
    assert len(first.steps) == 3
    assert len(second.steps) == 1
    assert [comment.span.text for comment in file.comments] == ["# one", "# two", "# three"]
    assert [comment.alone for comment in file.comments] == [False, True, False]


def test_a_hash_in_quotes_is_no_comment():
    file, found = read('net n() "a # b"  # c\n  relu\n')
    assert found == []
    assert file.statements[0].title == "a # b"


def test_a_dedent_to_nowhere():
    (found,) = mistakes("net n()\n    a\n  b\n")
    assert found.message == "this line is indented like none of the lines above"
    assert "4 spaces" in found.help[0]
    assert found.primary.span.text == "b"


def test_tabs_are_one_mistake_with_one_repair():
    text = "net n()\n\tadd\n\t\ta\n\t\tb\n"
    (found,) = mistakes(text)
    assert found.message == "a tab in the indentation, and in 2 more lines"
    assert [edit.replacement for edit in found.fixes[0].edits] == ["  ", "    ", "    "]


def test_all_mistakes_of_a_file_are_found():
    text = "net n():\n  conv (\n  relu\n  conv 12abc\nblock b(:\n  fc @\n"
    assert [found.primary.span.line for found in mistakes(text)] == [1, 2, 4, 5, 6]


def test_rows_outside_are_said_once():
    (found,) = mistakes("conv 3x3 8\nrelu\nfc 3\n")
    assert found.message == "a row stands outside of every net and block"


def test_headers_without_rows():
    assert messages("net n()\n") == ["this net has no rows"]
    assert messages("block b(c)\nnet n()\n  x\n") == ["this block has no rows"]
    assert messages("net n()\n  conv1:\n  x\n") == ["the label `conv1` names no row"]


def test_a_net_whose_rows_are_all_wrong_has_rows():
    assert messages("net n()\n  conv (\n") == ["this `(` is never closed"]


def test_a_left_over_semicolon_does_not_swallow_the_next_net():
    file, found = read("net a()\n  x\n  y ;\n\nnet b()\n  z\n")
    assert [one.message for one in found] == ["nothing follows the `;`"]
    assert [net.name for net in file.statements] == ["a", "b"]


def test_rows_below_a_variants_line_that_cannot_be_read_are_variants():
    assert len(mistakes("net n()\n  variants a | b\n    50 | 1 | 2\n  x\n")) == 1


def test_nesting_has_a_limit_said_once():
    deep = "net n()\n" + "".join(f"{'  ' * depth}a:\n" for depth in range(1, 90))
    assert messages(deep + "  b\n").count("bodies are nested deeper than 64 levels") == 1
    assert "bodies are nested deeper than 3 levels" in messages(deep, nesting=3)
    brackets = f"net n()\n  conv {'(' * 65}1{')' * 65}\n"
    assert messages(brackets) == ["brackets are nested deeper than 64 levels"]


def test_line_ends_and_byte_order_marks():
    for text in ("net n()\r\n  relu\r\n", "\ufeffnet n()\n  relu", "net n()\n  relu \t\n\n\n"):
        file, found = read(text)
        assert found == []
        assert len(file.statements[0].body) == 1


def test_other_line_separators_do_not_end_lines():
    for sign in "\u2028\u0085\x0b\x0c\x1e":
        assert len(mistakes(f"net n(){sign}  relu\n  a\n")) == 1


def test_lines_are_counted_by_line_feeds():
    (found,) = mistakes("net n()  # a\u2028b\x0cc\n  relu\n  conv (\n")
    assert found.primary.span.line == 3
    assert SourceFile("x", "a\rb\nc").position(4) == (2, 1)
