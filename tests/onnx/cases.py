"""Networks for ONNX: every option of every operator, and what operators do together.

Sides are odd and differ, so that no two of them can be mistaken for each other.
"""

from __future__ import annotations

from textwrap import dedent
from typing import Any, NamedTuple

ROWS = """
input 7x5x6 | relu6
input 7x5x6 | leaky 0.3
input 7x5x6 | prelu
input 7x5x6 | prelu channelwise
input 7x6 | prelu channelwise
input 6 | prelu channelwise
input 5x6 ; tokens | prelu channelwise
input 7x5x6 | elu 0.5
input 7x5x6 | gelu tanh
input 7x5x6 | gelu
input 7x5x6 | softplus 3
input 7x5x6 | softmax
input 5x6 ; tokens | softmax things
input 5x6 ; tokens | softmax
input R of 3x2x6 | softmax things
input 7x5x6 | complement
input 7x5x6 | conv 3x3/2 8 pad=same
input 8x7x6 | conv 3x2/3 8 pad=same dilate=2
input 7x5x6 | conv 3x3 8 pad=half groups=2 bias=no
input 7x5x6 | conv 3x5 8 pad=1x2
input 7x5x6 | conv 3x3 dw pad=half dilate=2
input 9x6 | conv 4 kernel=3 stride=2 pad=1
input 5x7x6x4 | conv 3x3x3/2x1x1 8 pad=half
input 7x5x6 | conv 4x4 8 pad=same
input 7x5x6 | deconv 3x3/2 8 pad=1 outpad=1
input 7x5x6 | deconv 4x4/2 8 pad=same
input 7x5x6 | deconv 3x3/2 8 pad=half groups=2
input 7x5x6 | deconv 3x3/2 8 pad=0x1 dilate=2
input 7x6 | deconv 8 kernel=3 stride=2
input 5x4x3x6 | deconv 2x2x2/2 4
input 7x5x6 | deconv 2x2/3 8 pad=same
input 7x5x6 | deconv 3x3/3 8 outpad=2
input 8x6x4 | maxpool
input 7x5x4 | maxpool 3x3/2 ceil
input 8x6x4 | maxpool 3x3/2 ceil
input 8x6x4 | maxpool 3x3/2 pad=1 ceil
input 3x3x4 | maxpool 2x2/3 ceil
input 10x9x4 | maxpool 3x2/4 pad=1 ceil
input 7x5x4 | maxpool 3x3/2 pad=same
input 8x6x4 | maxpool 3x3/2 pad=same
input 9x4 | maxpool kernel=3 stride=2 pad=1
input 5x8x6x4 | maxpool 3x3x3/2x2x2 pad=1 floor
input 7x5x4 | maxpool to=3x2
input 8x6x4 | maxpool to=4x3
input 7x5x4 | maxpool to=1x1
input 8x6x4 | avgpool
input 7x5x4 | avgpool 3x3/2 ceil
input 8x6x4 | avgpool 3x3/2 ceil
input 8x6x4 | avgpool 3x3/2 pad=1 ceil
input 10x9x4 | avgpool 3x2/4 pad=1 ceil
input 10x9x4 | avgpool 3x3/4 pad=1 ceil count=real
input 3x3x4 | avgpool 2x2/3 ceil
input 7x5x4 | avgpool 3x3/2 pad=1
input 7x5x4 | avgpool 3x3/2 pad=1 count=real
input 8x6x4 | avgpool 3x3/2 pad=same
input 8x6x4 | avgpool 3x3/2 pad=same count=all
input 7x5x4 | avgpool 4x3/1 pad=same
input 9x4 | avgpool kernel=3 stride=2 pad=1
input 9x4 | avgpool kernel=4 stride=3 pad=1 ceil
input 5x8x6x4 | avgpool 3x3x3/2x2x2 pad=1 floor
input 5x8x6x4 | avgpool 2x2x2/2x2x2 ceil
input 7x5x4 | avgpool to=3x2
input 8x6x4 | avgpool to=4x3
input 7x5x4 | avgpool to=1x1
input 7x4 | gap
input 5x4x3x4 | gap
input 8x6x4 | lppool 2x2/2 p=1
input 8x6x4 | relu ; lppool 2x2/2 p=3
input 8x6x4 | lppool 3x2/2 p=2 floor
input 7x5x4 | lppool 2x2/2 p=2 ceil
input 8x6x4 | relu ; lppool 2x2/2 p=1.5
input 8x4 | lppool kernel=2 stride=2
input 8x6x4 | bn eps=0.01
input 8x6x4 | bn affine=no
input 8x6x4 | bn frozen
input 8x4 | bn
input 5x8x6x4 | bn
input 6 | bn
input 5x6 ; tokens | bn
input 7x5x9 | lrn
input 7x5x9 | lrn n=3 mean alpha=0.1
input 7x5x9 | lrn n=4 alpha=0.1
input 7x9 | lrn n=3 alpha=0.1
input 7x9 | lrn n=4 alpha=0.1
input 3x4x5x9 | lrn n=3 alpha=0.1
input 3x4x5x9 | lrn n=2 alpha=0.1
input 7x5x6 | layernorm
input 7x5x6 | layernorm affine=no
input 7x5x6 | layernorm bias=no
input 7x5x6 | layernorm all
input 7x5x6 | layernorm all affine=no
input 7x5x6 | layernorm all bias=no
input 7x6 | layernorm
input 6 | layernorm
input 6 | layernorm all
input 5x6 ; tokens | layernorm
input 5x6 ; tokens | layernorm bias=no eps=0.1
input 5x6 ; tokens | layernorm all
input 5x6 ; tokens | layernorm all affine=no
input R of 3x4x6 | layernorm all
input R of 3x4x6 | layernorm
input 7x5x6 | groupnorm 3
input 7x5x6 | groupnorm 2 affine=no eps=0.1
input 6 | groupnorm 3
input 5x6 ; tokens | groupnorm 3
input 5x6 ; tokens | groupnorm 3 affine=no
input T of 6 | groupnorm 2
input 7x6 | groupnorm 3
input 4x3x2x6 | groupnorm 3
input 7x5x6 | instancenorm
input 7x5x6 | instancenorm affine=yes
input 7x6 | instancenorm
input 3x2x4x6 | instancenorm affine=yes
input 7x5x6 | l2norm scale=20
input 7x5x6 | l2norm affine=no
input 6 | l2norm
input 5x6 ; tokens | l2norm
input 7x5x6 | upsample 3
input 7x5x6 | upsample 1x2
input 7x5x6 | upsample 2 bilinear
input 7x5x6 | upsample 2 bilinear corners=yes
input 7x5x6 | upsample 3 bicubic
input 7x5x6 | upsample 3 bicubic corners=yes
input 7x6 | upsample 2
input 7x6 | upsample 3 bilinear
input 4x3x5x6 | upsample 2
input 4x3x5x6 | upsample 2 bilinear
input 4x3x5x6 | upsample 2 bilinear corners=yes
input 1x1x6 | upsample 4 bilinear
input 7x5x6 | resize 11x13
input 7x5x6 | resize 3x2
input 7x5x6 | resize 11x13 bilinear
input 7x5x6 | resize 3x2 bilinear
input 7x5x6 | resize 11x1 bilinear corners=yes
input 7x5x6 | resize 1x1 bilinear
input 7x5x6 | resize 11x13 bicubic
input 7x5x6 | resize 3x4 bicubic corners=yes
input 4x3x5x6 | resize 5x5x5 bilinear
input 7x5x6 | resize 7x5
input 33x21x2 | resize 129x57
input 7x5x6 | crop 3x3
input 7x5x6 | crop 3x5
input 7x5x6 | crop 4x2 at=1
input 7x5x6 | crop 7x5
input 7x5x6 | pad 1
input 7x5x6 | pad 1x2 reflect
input 7x5x6 | pad 2 replicate
input 7x5x6 | pad 2x1 circular
input 7x5x6 | pad 2 circular before
input 7x5x6 | pad 2 circular after
input 7x5x6 | pad 1 before
input 7x5x6 | pad 1x2 reflect after
input 7x6 | pad 2 reflect
input 3x4x5x6 | pad 1 replicate
input 3x4x5x6 | pad 1x2x1 circular
input 7x5x8 | pixelshuffle 2
input 6x4x3 | unshuffle 2
input 6x4x3 | unshuffle 2 order=places
input 6x9x2 | unshuffle 3
input 7x5x6 | chunk 2 of=3
input 5x6 ; tokens | chunk 2 of=2
input 6 | chunk 1 of=2
input 7x5x6 | shuffle 3
input 5x6 ; tokens | shuffle 2
input 6 | shuffle 2
input 7x5x6 | morechannels 9
input 5x6 ; tokens | morechannels 9
input 6 | morechannels 9
input 7x5x6 | gram mean
input 5x6 ; tokens | gram mean
input T of 6 | gram mean
input 7x6 | gram
input 7x5x6 | tokens
input 7x5x6 | tokens 3
input 6 | tokens 3
input 6 | tokens
input 7x6 | tokens
input 7x6 | tokens 2
input 5x6 ; tokens | token last
input 12x6 ; tokens | map 4x3
input 12x6 ; tokens | map 12
input 5x6 ; tokens | transpose
input 5x6 ; tokens | flatten
input R of 3x2x6 | flatten
input R of 3x2x6 | fc 4
input R of 3x2x6 | reshape 36
input R of 3x2x6 | reshape 3x3x4
input R of 3x2x6 | mean things
input R of 3x2x6 | conv 2x2 3 ; bn ; relu
input 36 | reshape 3x2x6
input T of 6 | mean things
input T of 6 | max things
input T of 6 | sum things
input 5x6 ; tokens | classtoken ; positions
input T of 6 | positions longest=9
input 5x6 ; tokens | positions longest=9
input T of 6 | classtoken
input 5x6 ; tokens | attention 2
input 5x6 ; tokens | attention 2 bias=no
input 5x6 ; tokens | attention 3 causal
input T of 6 | attention 2 causal
input 5x6 ; tokens | lstm 4
input T of 6 | lstm 4 bidirectional
input T of 6 | lstm 4 bidirectional layers=3
input T of 6 | lstm 4 layers=2 bias=no
input T of 6 | gru 4
input T of 6 | gru 4 bidirectional bias=no
input T of 6 | gru 5 layers=2
input T of 6 | rnn 4
input T of 6 | rnn 4 relu bidirectional layers=2
input 6 | lstm 4
input 6 | gru 4 layers=2
input 6 | rnn 4 relu
input T of int | embed 5 vocab=7
input 8x6x4 | windowattention 2 4x3
input 8x6x4 | windowattention 2 4x3 shift=2
input 7x5x4 | windowattention 2 4x3 shift=1
input 4x9x4 | windowattention 2 4x3 shift=2 bias=no
input 7x7x4 | windowattention 2 7x7 shift=3
input 5x5x4 | windowattention 2 7x7 shift=3
input 7x5x4 | noise 0.5 ; scale 2
input 7x5x4 | layerscale 0.5
input 5x4 ; tokens | layerscale 0.5
input 3x4x4 | maxpool 2x2/3 ceil
input 3x4x4 | avgpool 2x2/3 ceil
input 8x7x4 | maxpool 2x2/2 ceil
input 124x6x2 | resize 148x9
input 9x6x2 | resize 6x4
input 7x5x3 | relu
input 7x5x3 | selu
input 7x5x3 | silu
input 7x5x3 | hswish
input 7x5x3 | hsigmoid
input 7x5x3 | sigmoid
input 7x5x3 | tanh
input 7x5x3 | mish
input 7x5x3 | softplus
input 7x5x3 | exp
input 7x5x3 | dropout
input 7x5x3 | pixelunshuffle 1
input 7x5x3 | identity ; relu
"""
"""an input, and behind the bar what is done with it"""


class Case(NamedTuple):
    """A network, and how it is run."""

    text: str
    how: dict[str, Any]


def case(text: str, **how: Any) -> Case:
    """The text as it is written here, with its lines moved to the left."""
    return Case(dedent(text.lstrip("\n")), how)


NETS = {
    "elman": case(
        """
        input T of 8
        scan
          word: identity
          old: prev new 6
          concat word old
          new: fc 6 ; tanh
        """
    ),
    "elman b1": case(
        """
        input T of 8
        scan
          word: identity
          old: prev new 6
          concat word old
          new: fc 6 ; tanh
        """,
        batch=1,
    ),
    "scan lstm": case(
        """
        input T of 8
        h0: token 0 ; fc 4
        from input
        scan
          word: identity
          old: prev new 6
          concat word old
          lstm 4 start=h0
          new: fc 6
        """
    ),
    "scan lstm2": case(
        """
        input T of 8
        h0: token 0 ; fc 8 ; reshape 2x4 ; tokens
        from input
        scan
          lstm 2 layers=2
          gru 3
          rnn 4
        """
    ),
    "scan words": case(
        """
        input T of int
        embed 5 vocab=9
        scan
          gru 4 layers=2
        fc 3
        """
    ),
    "scan maps to vectors": case(
        """
        input R of 6x5x4
        scan
          gap ; flatten
          fc 3
        """
    ),
    "scan to maps": case(
        """
        input T of 8
        scan
          fc 24
          reshape 3x2x4
          conv 2x2 4
        """
    ),
    "scan start": case(
        """
        input T of 8
        first: mean things ; fc 5
        from input
        scan
          word: identity
          state: prev out 5 start=first
          concat word state
          out: fc 5 ; tanh
        """
    ),
    "cell only": case(
        """
        input T of 8
        cell: mean things ; fc 4
        from input
        lstm 4 cell=cell
        """
    ),
    "states many": case(
        """
        input T of 8
        first: mean things ; fc 16 ; reshape 4x4 ; tokens
        from input
        gru 4 layers=2 bidirectional start=first
        """
    ),
    "states bi": case(
        """
        input T of 8
        first: mean things ; fc 8 ; reshape 2x4 ; tokens
        from input
        lstm 4 bidirectional start=first
        """
    ),
    "cross": case(
        """
        words: input T of 6
        places: input 9x6
        p: from places ; tokens
        from words
        attention 2 p
        """
    ),
    "cross width": case(
        """
        words: input T of 6
        places: input 9x5
        p: from places ; tokens
        from words
        attention 2 source=p bias=no
        """
    ),
    "cross width bias": case(
        """
        words: input T of 6
        places: input 9x5
        p: from places ; tokens
        from words
        attention 2 source=p
        """
    ),
    "cross vector": case(
        """
        word: input 6
        places: input 9x5
        p: from places ; tokens
        from word
        attention 3 source=p
        """
    ),
    "cross causal": case(
        """
        words: input T of 6
        places: input 9x6
        p: from places ; tokens
        from words
        attention 3 p causal
        """
    ),
    "roialign scales": case(
        """
        image: input 16x12x3
        boxes: input R of 4
        from image
        roialign 3x2 boxes scale=1/4 sampling=3
        """
    ),
    "roialign aligned": case(
        """
        image: input 16x12x3
        boxes: input R of 4
        from image
        roialign 3x2 boxes scale=1/4 aligned
        """
    ),
    "roialign b1": case(
        """
        image: input 16x12x3
        boxes: input R of 4
        from image
        roialign 3x2 boxes scale=1/4
        fc 5
        """,
        batch=1,
    ),
    "roipool b1": case(
        """
        image: input 16x12x3
        boxes: input R of 4
        from image
        roipool 3x2 boxes scale=1/4
        fc 5
        """,
        batch=1,
    ),
    "roipool fc": case(
        """
        image: input 16x12x3
        boxes: input R of 4
        from image
        roipool 3x2 boxes scale=1/4
        conv 2x2 4 ; bn ; relu
        fc 5 ; relu ; fc 3
        """
    ),
    "pyramid": case(
        """
        image: input 64x48x3
        boxes: input R of 4
        from image
        p2: conv 1x1/4 5
        p3: conv 2x2/2 5
        p4: conv 2x2/2 5
        p5: conv 2x2/2 5 floor
        fpn: list p2 p3 p4 p5
        roialign 3x3 boxes
        fc 4
        """
    ),
    "pyramid open": case(
        """
        net a()
          image: input HxWx3 where H mod 32 == 0 and W mod 32 == 0
          boxes: input R of 4
          from image
          p2: conv 1x1/4 5
          p3: conv 2x2/2 5
          p4: conv 2x2/2 5
          fpn: list p2 p3 p4
          roialign 3x3 boxes
          fc 4
        """,
        picture=(96, 64),
    ),
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
    "unpool ceil": case(
        """
        input 7x5x4
        p: maxpool 2x2/2 ceil
        conv 1x1 4
        unpool p
        """
    ),
    "unpool 1d": case(
        """
        input 9x4
        p: maxpool kernel=3 stride=2 pad=1
        relu
        unpool p
        """
    ),
    "unpool to": case(
        """
        input 8x6x4
        p: maxpool to=4x3
        relu
        unpool p
        """
    ),
    "unpool 3d": case(
        """
        input 4x5x6x3
        p: maxpool 2x2x2/2 floor
        relu
        unpool p
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
    "open1": case(
        """
        net a()
          input HxWx3
          a: conv 3x3/2 8 pad=same
          maxpool 3x3/2 pad=same
          avgpool 3x3/2 pad=same
          maxpool 2x2/2 pad=same
          output a
        """,
        picture=(35, 41),
    ),
    "open ceil": case(
        """
        net a()
          input HxWx3
          maxpool 3x3/2 ceil
          avgpool 3x3/2 ceil
          avgpool 3x3/2 pad=1 floor
          avgpool 3x3/2 pad=same count=all
        """,
        picture=(35, 41),
    ),
    "open resize": case(
        """
        net a()
          im: input HxWx3
          conv 3x3/2 8 pad=half
          resize like=im bilinear
          resize 9x7 bicubic as b
          from im
          resize 20x20
          output b
        """,
        picture=(35, 41),
    ),
    "open crop": case(
        """
        net a()
          input HxWx3 as a
          conv 5x5 3
          b: conv 3x3 3
          from a
          crop like=b
          d: crop like=b at=0
          add b d
        """,
        picture=(35, 41),
    ),
    "open crop fixed": case(
        """
        net a()
          input HxWx3 where H mod 2 == 0 and W mod 2 == 0 and H >= 20 and W >= 20
          crop 8x6
        """,
        picture=(66, 52),
    ),
    "open norms": case(
        """
        net a()
          input HxWx4
          groupnorm 2
          groupnorm 2 affine=no
          layernorm
          instancenorm
          lrn n=4
          lrn n=3
          l2norm
          bn
        """,
        picture=(35, 41),
    ),
    "open moves": case(
        """
        net a()
          input HxWx4 where H mod 4 == 0 and W mod 4 == 0
          pixelshuffle 2
          unshuffle 2
          unshuffle 2 order=places
          shuffle 4
          chunk 1 of=2
          morechannels 12
          pad 1 circular
          pad 1 reflect
          upsample 2 bilinear
          gram mean
        """,
        picture=(36, 44),
    ),
    "open unpool": case(
        """
        net a()
          input HxWx4
          p: maxpool 2x2/2 floor
          conv 1x1 4
          unpool p
          q: maxpool 3x3/2 ceil
          relu
          unpool q
        """,
        picture=(35, 41),
    ),
    "open gap": case(
        """
        net a()
          input HxWx4
          a: conv 3x3 4 pad=half
          mul
            identity
            gap ; conv 1x1 4 ; sigmoid
          gap ; flatten ; fc 5 ; softmax
        """,
        picture=(35, 41),
    ),
    "open 1d": case(
        """
        net a()
          input Lx4
          conv 6 kernel=3 stride=2 pad=same
          lrn n=3
          groupnorm 3
          gram mean
        """,
        picture=(35,),
    ),
    "open tokens": case(
        """
        net a()
          input HxWx4
          tokens 2
          softmax
        """,
        picture=(36, 32),
    ),
    "open adaptive": case(
        """
        net a()
          input HxWx3
          im: conv 3x3/2 4 pad=same
          avgpool to=3x5
          flatten ; fc 4 as a
          from im ; avgpool to=2x1 as b
          output a b
        """,
        picture=(35, 41),
    ),
    "open adaptive of a line": case(
        """
        net a()
          input Lx3
          avgpool to=4
        """,
        picture=(35,),
    ),
}
