"""Scans, recurrent layers and attention between two values."""

from __future__ import annotations

from tests.onnx.cases.case import case

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
}
