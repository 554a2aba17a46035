"""Blocks that are used again, and rows that share weights, give the numbers of their graph."""

import random

import pytest
import torch

from archc import loads
from tests.passes import execute
from tests.torch.random_nets import Net

CASES = {
    "two values where the first use has one": """
block b(q)
  add
    from q
    layernorm
net n()
  input 4x4x4
  a: groupnorm 2
  b a as r
  reuse r as s
""",
    "one value where the first use has two": """
block b(q)
  add
    from q
    layernorm
net n()
  input 4x4x4
  a: groupnorm 2
  relu
  b a as r
  from a
  reuse r as s
  output r s
""",
    "the running value takes the place of another argument": """
block b(q, w)
  concat
    conv 1x1 4
    from q
    from w ; scale 2
net n()
  input 4x4x4
  a: conv 1x1 4
  x: conv 1x1 4
  b a x as r
  from a
  reuse r as s
  output r s
""",
    "a block that does not read its running value": """
block b(q, w)
  from w
  conv 3x3 4 pad=half
  add
    identity
    from q
net n()
  input 4x4x4
  a: softplus
  x: tanh
  b a x as r
  sigmoid
  reuse r as s
  add
    identity
    from a
""",
    "a row inside of a block": """
block b()
  c: conv 1x1 4
  relu
  reuse c as d
  sigmoid
net n()
  input 4x4x4
  x: conv 1x1 4
  b as r
  reuse r as s
""",
    "a block inside of a block": """
block c()
  conv 1x1 4
  bn
block b()
  c as k.c
  relu
  reuse k.c as c
net n()
  input 4x4x4
  b as r
  gelu
  reuse r as s
  add
    identity
    from r
""",
    "a row that a block is given": """
block b(q)
  reuse q as c
  relu
net n()
  input 4x4x4
  x: conv 1x1 4
  b x as r
  from x ; tanh
  reuse r as s
  output r s
""",
    "a use that no output needs": """
block b()
  conv 1x1 4
  relu
net n()
  input 4x4x4
  x: conv 1x1 4
  b as r
  from x
  reuse r as s
  reuse r as t
""",
    "a use of which less is needed": """
block b()
  conv 1x1 4
  u: relu
  conv 1x1 4
net n()
  input 4x4x4
  x: conv 1x1 4
  b as r
  from x ; tanh
  reuse r as s
  concat r.u s
""",
    "uses of which each needs other rows, and no output the first": """
block b()
  k: conv 1x1 4
  l: conv 1x1 4
  conv 1x1 4
net n()
  input 4x4x4
  x: softplus
  b as r
  from x
  reuse r as s
  from x
  reuse r as t
  concat s.k t.l
""",
    "a use that gives more": """
block c()
  conv 1x1 4
  relu
block b()
  c as r1
  r2: tanh
net n()
  input 4x4x4
  b as k
  b as l
  gelu
  reuse k as m
  output m k.r1
""",
    "a step of a row, whose value is read elsewhere the first time": """
net n()
  input 4x4x4
  twin.*: conv 1x1 4 ; silu
  reuse twin
  add
    identity
    from twin.0
""",
    "a level that begins with a block which does not read its running value": """
block b(q)
  from q
  tanh
block c()
  k: conv 1x1 4
  m: relu
  b k as l
net n()
  input 4x4x4
  c as r
  x: conv 1x1 4
  reuse r as s
  concat s r.m
""",
    "a row of a chain": """
net n()
  input 4x4x4
  a.c: conv 1x1 4
  a.r: relu
  f.0: conv 1x1 4
  f.1: relu
  f.2: layerscale
  reuse a.c as y
  relu
  reuse f.0 as z
""",
    "blocks that repeat, and one that is used again": """
block unit(c)
  add
    identity
    conv 1x1 c
net n()
  input 4x4x4
  unit 4 x4
  unit 4 as u
  unit 4 x3
  reuse u as s
""",
    "blocks that repeat on a value that is read again": """
block unit()
  conv 1x1 4 ; relu
block tower(s)
  unit
  unit
  unit
  scale s
net n()
  input 4x4x4
  conv 1x1 4 as a
  add
    tower 3
    tower 2
    from a
""",
}


@pytest.mark.parametrize("text", CASES.values(), ids=CASES)
def test_they_give_the_numbers_of_the_graph(text):
    compare(text)


def test_blocks_that_repeat_are_a_loop():
    source = loads(CASES["blocks that repeat on a value that is read again"]).source()
    assert source.count("for i in range(1, 4):") == 2
    assert "unit2" not in source


@pytest.mark.parametrize("seed", range(12))
def test_random_nets_give_the_numbers_of_the_graph(seed):
    net = Net(random.Random(seed))
    compare(net.text, net.rows)


def compare(text, rows=()):
    """The live module, the optimised one, and one with rows as features, with the graph."""
    net = loads(text)
    state, images = execute.random_state(net.graph), execute.random_images(net.graph)
    values = execute.run(net.graph, state, images)
    wanted = [values[index] for index in net.graph.outputs.values()]
    check(net.torch(), state, images, wanted, 1e-9)
    single = {key: one.float() if one.is_floating_point() else one for key, one in state.items()}
    fast = net.torch(optimize="inference", weights=taken(net.torch(), single))
    check(fast, None, images, wanted, 1e-4)
    named = [row for row in rows if row in net.graph.rows][:2]
    if len({net.graph.rows[row] for row in named}) == 2:
        wanted = [values[net.graph.rows[row]] for row in named]
        check(net.torch(features=named), state, images, wanted, 1e-9)


def taken(module, state):
    """What of a state a module has."""
    return {key: state[key] for key in module.state_dict()}


def check(module, state, images, wanted, error):
    if state is not None:
        module.double().eval().load_state_dict(taken(module, state))
    kind = torch.float64 if state is not None else torch.float32
    with torch.no_grad():
        found = module(*[image.to(kind) for image in images.values()])
    found = found if isinstance(found, tuple) else (found,)
    for value, right in zip(found, wanted):
        assert (value - right).abs().max() <= error * right.abs().max()
