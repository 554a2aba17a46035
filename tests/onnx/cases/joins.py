"""Values that meet, several outputs, uses of the same weights, `extern`."""

from __future__ import annotations

from tests.onnx.cases.case import case

NETS = {
    "lists": case(
        """
        input 8x6x3
        a: conv 1x1 4
        b: conv 3x3/2 4 pad=1
        list a b
        each conv 1x1 2
        output a b
        """
    ),
    "add things": case(
        """
        input 5x4 ; tokens as a
        mean things ; fc 4 as b
        add a b
        sub a b
        mul a b
        max a b
        mean a b
        absdiff a b
        """
    ),
    "add weighted": case(
        """
        input 5x4x3
        add weighted
          identity
          conv 1x1 3
          conv 3x3 3 pad=half
        """
    ),
    "joins drop": case(
        """
        input 5x4x3
        mean droppath=20%
          identity
          conv 1x1 3
        """
    ),
    "gate1": case(
        """
        input 5x4x3
        mul
          identity
          gap ; flatten ; fc 3
          conv 1x1 1
          flatten ; fc 1
        """
    ),
    "matmul vec": case(
        """
        input 5x4
        a: tokens
        v: mean things
        t: from a ; transpose
        matmul v t
        softmax
        """
    ),
    "append things": case(
        """
        input 5x4
        a: tokens
        v: mean things
        append a v
        """
    ),
    "extern net": case(
        """
        extern propose(scores, deltas) -> R of 4
        net proposals()
          input 16x12x8
          conv 1x1 9 as scores
          from input ; conv 1x1 36 as deltas
          propose scores deltas as boxes
          from input
          roialign 2x2 boxes scale=1/4
          fc 3
        """
    ),
    "same input output": case(
        """
        input 5x4x3
        a: identity
        b: conv 1x1 3
        output a b
        """
    ),
    "shared2": case(
        """
        left: input 8x6x1
        right: input 8x6x1
        from left
        t: conv 3x3 4
        a: identity
        from right
        b: reuse t
        absdiff a b
        """
    ),
}
