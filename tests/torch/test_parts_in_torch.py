"""Parts in what torch does with modules: gradients, meta, copies, compile, export, tracing."""

from __future__ import annotations

import ast
import copy
import inspect
import pickle
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.testing import assert_close

from archc.backends.torch import parts
from archc.ops.lowering import Torch, Unlike
from tests.ops.test_operators import CASES as OPERATORS
from tests.ops.test_operators import name_of
from tests.torch.parts_cases import CASES, CLASSES, example, results, waves

FILES = sorted(Path(parts.__file__).parent.glob("[a-z]*.py"))
NAMES = {
    "collections.abc.Callable",
    "math",
    "torch",
    "torch.Tensor",
    "torch.nn",
    "torch.nn.functional as F",
    "typing.Any",
}
"""what the heads of sources import"""
DEFINED = {
    node.name: path.stem
    for path in FILES
    for node in ast.parse(path.read_text("utf-8")).body
    if isinstance(node, ast.ClassDef | ast.FunctionDef)
}


def imported(node: ast.stmt) -> set[str]:
    if isinstance(node, ast.ImportFrom):
        return {f"{node.module}.{ast.unparse(name)}" for name in node.names}
    return {ast.unparse(name) for name in node.names} if isinstance(node, ast.Import) else set()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_parts_can_be_copied_one_by_one(path: Path) -> None:
    for node in ast.parse(path.read_text("utf-8")).body[1:]:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            assert ast.get_docstring(node)
        elif not isinstance(node, ast.Assign | ast.AnnAssign):
            assert imported(node) and imported(node) <= NAMES


@pytest.mark.parametrize("case", OPERATORS, ids=name_of)
def test_operators_call_parts_as_they_are_defined(case: Any) -> None:
    op, values = case
    found = op.torch(*values)
    assert isinstance(found, Torch)
    assert set(found.parts) <= DEFINED.keys()
    if found.make is not None and "." not in found.make.name:
        part = part_of(found.make.name)
        given = {
            name: value.value if isinstance(value, Unlike) else value
            for name, value in found.make.options
        }
        module = part(*found.make.values, **given)
        assert {n: tuple(t.shape) for n, t in module.named_parameters()} == op.weights(*values)
        assert {n: tuple(t.shape) for n, t in module.named_buffers()} == op.buffers(*values)


def part_of(name: str) -> Any:
    module = __import__(f"{parts.__name__}.{DEFINED[name]}", fromlist=[name])
    return getattr(module, name)


def test_every_class_has_a_case() -> None:
    made = {type(make()[0]).__name__ for make in CLASSES.values()}
    bases = {"Fused", "FusedConv", "FusedConvTranspose"}
    assert made | bases == {name for name in DEFINED if inspect.isclass(part_of(name))}


@pytest.mark.parametrize("name", CASES)
def test_gradients(name: str) -> None:
    module, (x, *others) = example(name)
    names = [name for name, _ in module.named_parameters()]

    def run(x: Tensor, *weights: Tensor) -> Tensor:
        found: Tensor = torch.func.functional_call(module, dict(zip(names, weights)), (x, *others))
        return found

    weights = [weight.detach().clone().requires_grad_() for weight in module.parameters()]
    assert torch.autograd.gradcheck(run, (x.clone().requires_grad_(), *weights))


@pytest.mark.parametrize("name", CASES)
def test_meta(name: str) -> None:
    module, inputs = example(name)
    there = copy.deepcopy(module).to("meta")(*[value.to("meta") for value in inputs])
    assert there.is_meta and there.shape == module(*inputs).shape


@pytest.mark.parametrize("name", CLASSES)
def test_made_on_meta(name: str) -> None:
    module, _ = CLASSES[name]()
    with torch.device("meta"):
        there, _ = CLASSES[name]()
    shapes = {key: value.shape for key, value in module.state_dict().items()}
    assert {key: value.shape for key, value in there.state_dict().items()} == shapes


@pytest.mark.parametrize("name", CLASSES)
def test_copies(name: str) -> None:
    module, inputs = example(name)
    wanted = results(module, inputs)
    module.zero_grad()
    for twin in (copy.deepcopy(module), pickle.loads(pickle.dumps(module))):
        assert_close(results(twin, inputs), wanted)
        assert repr(twin) == repr(module)


@pytest.mark.parametrize("name", CASES)
def test_channels_last(name: str) -> None:
    module, inputs = example(name)
    turned = [x.contiguous(memory_format=torch.channels_last) if x.ndim == 4 else x for x in inputs]
    assert_close(module(*turned), module(*inputs))


@pytest.mark.parametrize("name", CASES)
def test_compiled(name: str) -> None:
    module, inputs = example(name)
    wanted = results(module, inputs)
    module.zero_grad()
    torch.compiler.reset()
    compiled = torch.compile(module, fullgraph=True, backend="aot_eager")
    assert_close(results(compiled, inputs), wanted)


@pytest.mark.parametrize("name", ["StochasticDepth", "DropPaths"])
def test_compiled_while_training(name: str) -> None:
    module, inputs = example(name)
    torch.compiler.reset()
    compiled = torch.compile(module.train(), fullgraph=True, backend="aot_eager")
    assert all(value.isfinite().all() for value in results(compiled, inputs))


@pytest.mark.parametrize("name", CASES)
def test_exported_with_any_batch(name: str) -> None:
    module, inputs = example(name)
    batch = [{0: torch.export.Dim("batch")} for _ in inputs]
    exported = torch.export.export(module, inputs, dynamic_shapes=_by_name(module, batch))
    more = tuple(torch.cat([value, value, value[:1]]) for value in inputs)
    assert_close(exported.module()(*more), module(*more))


def _by_name(module: nn.Module, sizes: list[Any]) -> Any:
    """What export wants beside a forward that takes `*paths`."""
    kinds = [one.kind for one in inspect.signature(module.forward).parameters.values()]
    several = inspect.Parameter.VAR_POSITIONAL
    if several not in kinds:
        return tuple(sizes)
    return (*sizes[: len(kinds) - 1], tuple(sizes[len(kinds) - 1 :]))


@pytest.mark.parametrize("name", CASES)
def test_traced(name: str) -> None:
    module, inputs = example(name)

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.part = module

        def forward(self, x: Tensor, y: Tensor | None = None, z: Tensor | None = None) -> Tensor:
            found: Tensor = self.part(*[value for value in (x, y, z) if value is not None])
            return found

    absent = dict.fromkeys(("y", "z")[len(inputs) - 1 :])
    traced = torch.fx.symbolic_trace(Net(), concrete_args=absent)
    assert_close(traced(*inputs), module(*inputs))
    more = tuple(torch.cat([value, value]) for value in inputs)
    assert_close(traced(*more), module(*more))


@pytest.mark.parametrize("name", CASES)
def test_autocast(name: str) -> None:
    module, inputs = example(name)
    wanted = module(*inputs)
    module.float()
    x, *others = [value.float() if value.is_floating_point() else value for value in inputs]
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = module(x.bfloat16(), *others)
    assert_close(found.double(), wanted, rtol=0.05, atol=0.05)


@pytest.mark.parametrize("name", CASES)
def test_bfloat16(name: str) -> None:
    module, inputs = example(name)
    wanted = module(*inputs)
    module.bfloat16()
    given = [value.bfloat16() if value.is_floating_point() else value for value in inputs]
    found = module(*given)
    assert found.dtype == torch.bfloat16
    assert_close(found.double(), wanted, rtol=0.1, atol=0.1)


def test_in_a_chain() -> None:
    chain = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), part_of("ChannelNorm")(4), nn.ReLU())
    assert chain(waves(2, 3, 5, 5).float()).shape == (2, 4, 5, 5)
