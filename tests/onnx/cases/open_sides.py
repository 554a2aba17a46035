"""Networks whose input has open sides: the same model at several sizes."""

from __future__ import annotations

from tests.onnx.cases.case import case

NETS = {
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
