"""Regions of maps, and poolings that are undone."""

from __future__ import annotations

from tests.onnx.cases.case import case

NETS = {
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
}
