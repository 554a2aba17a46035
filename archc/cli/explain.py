"""`archc explain SLUG`."""

from __future__ import annotations

import argparse
from typing import Any

from archc.cli.main import DONE, complain


def add_parser(verbs: Any) -> None:
    """Declare the arguments."""
    parser: argparse.ArgumentParser = verbs.add_parser(
        "explain",
        description="What a finding means, why it is one, and what to do about it.",
        allow_abbrev=False,
    )
    parser.add_argument("slug", nargs="?", metavar="SLUG", help="`size-not-whole`; none lists all")


def run(arguments: argparse.Namespace) -> int:
    """Print the explanation of a slug, or the list of all."""
    from archc.diagnostics.explain import all_kinds, first_sentence, page
    from archc.diagnostics.similar import suggestion

    kinds = all_kinds()
    if arguments.slug is None:
        width = max(len(slug) for slug in kinds)
        for slug, kind in kinds.items():
            print(f"{slug:<{width}}  {first_sentence(kind)}")
        return DONE
    slug = arguments.slug.strip("[]")
    if slug not in kinds:
        said = suggestion(slug, tuple(kinds), "there are")
        return complain(f"there is no finding called `{slug}`; {said}")
    print(page(kinds[slug]))
    return DONE
