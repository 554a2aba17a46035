"""lark's callbacks for all lines: the whole set of grammar rules."""

from __future__ import annotations

from typing import Any

from archc.syntax import tree
from archc.syntax.build_formulas import Children
from archc.syntax.build_rows import RowRules


class Builder(RowRules):
    """The rules of all lines; those of rows and formulas are inherited."""

    # ---- the file -------------------------------------------------------------------------------

    def use(self, children: Children) -> tree.Use:
        *names, _from, path, replacements = children
        text = tree.Text(self.span(path), str(path)[1:-1])
        return tree.Use(self.whole, tuple([self._name(n) for n in names]), text, replacements or ())

    def replacing(self, children: Children) -> tuple[tree.Replacement, ...]:
        return tuple(children)

    def policy(self, children: Children) -> tree.Replacement:
        return tree.Replacement(self.around(children), str(children[0]), tuple(children[1:]))

    def policy_step(self, children: Children) -> tree.Call:
        return self.call([None, *children, None, None, None])

    def extern(self, children: Children) -> tree.Extern:
        name, *parameters, _arrow, result = children
        names = tuple([self._name(parameter) for parameter in parameters if parameter is not None])
        return tree.Extern(self.whole, str(name), self.span(name), names, result)

    def net(self, children: Children) -> tree.Net:
        name, parameters, title = children
        shown = str(title)[1:-1] if title is not None else ""
        return tree.Net(self.whole, str(name), self.span(name), parameters or (), shown)

    def block(self, children: Children) -> tree.Block:
        name, parameters, receives, *promise = children
        promises = promise[-1]
        shape = receives if isinstance(receives, tree.ShapeText) else None
        items = receives if isinstance(receives, tuple) else ()
        return tree.Block(
            self.whole, str(name), self.span(name), parameters or (), shape, items, promises
        )

    def on_shape(self, children: Children) -> tree.ShapeText:
        shape: tree.ShapeText = children[0]
        return shape

    def on_list(self, children: Children) -> tuple[tree.Name, ...]:
        return tuple([self._name(child) for child in children])

    def params(self, children: Children) -> tuple[tree.Parameter, ...]:
        return tuple([child for child in children if child is not None])

    def param(self, children: Children) -> tree.Parameter:
        name, default = children
        return tree.Parameter(self.around(children), str(name), self.span(name), default)

    # ---- lines of a body ------------------------------------------------------------------------

    def every(self, children: Children) -> tree.Every:
        word, chain = children
        return tree.Every(self.whole, str(word), self.span(word), chain)

    def let(self, children: Children) -> tree.Let:
        name, value = children
        return tree.Let(self.whole, str(name), self.span(name), value)

    def meta(self, children: Children) -> tree.Meta:
        return tree.Meta(self.whole, str(children[0]), children[1])

    def sizes(self, children: Children) -> tree.Sizes:
        return tree.Sizes(self.whole, str(children[0]), self.span(children[0]))

    def variants(self, children: Children) -> tree.Variants:
        return tree.Variants(self.whole, tuple(children))

    def columns(self, children: Children) -> tree.Columns:
        return tree.Columns(self.whole, tuple(children))

    def column(self, children: Children) -> tree.Column:
        return tree.Column(self.span(children[0]), "value", str(children[0]).strip('"'))

    def first_column(self, children: Children) -> tree.Column:
        return tree.Column(self.around(children), "first", str(children[1]))

    def arrow_column(self, children: Children) -> tree.Column:
        return tree.Column(self.span(children[0]), "arrow", "->")

    def meta_column(self, children: Children) -> tree.Column:
        return tree.Column(self.span(children[-1]), "meta", str(children[-1]))

    def check_column(self, children: Children) -> tree.Column:
        metric, relation, within = children
        return tree.Column(
            self.around(children), "check", metric.name, metric, str(relation), within
        )

    def variant_row(self, children: Children) -> tree.VariantRow:
        name, cells = children
        return tree.VariantRow(self.whole, str(name).strip('"'), self.span(name), cells)

    def check(self, children: Children) -> tree.CheckRow:
        metric, relation, value, within, given = children
        return tree.CheckRow(self.whole, metric, str(relation), value, within, given or ())

    def within(self, children: Children) -> Any:
        return children[0]

    def given(self, children: Children) -> tuple[tree.Keyword, ...]:
        pairs = zip(children[::2], children[1::2])
        return tuple([self.kwarg([name, value]) for name, value in pairs])

    def metric(self, children: Children) -> tree.Metric:
        row = self._reference(children[1]) if len(children) > 1 else None
        return tree.Metric(self.around(children), str(children[0]), row)

    def output(self, children: Children) -> tree.Output:
        _output, *rows, training = children
        return tree.Output(
            self.whole, tuple([self._reference(row) for row in rows]), training is not None
        )
