"""docs/blocks.md is what its script writes, and its example runs."""

import re

import archc
from docs import blocks


def test_the_page_is_fresh():
    assert blocks.page() == blocks.PAGE.read_text(encoding="utf-8"), "python -m docs.blocks"


def test_the_example_runs():
    (example,) = re.findall(r"^```arch\n(.*?)^```$", blocks.HEAD, re.MULTILINE | re.DOTALL)
    assert len(archc.loads(example).graph.nodes) > 20


def test_every_block_has_a_paper_and_a_file_has_a_comment():
    for path in blocks.LIBRARY.glob("*.arch"):
        comment, described = blocks.described(path)
        assert comment, path
        assert described, path
        assert all(one.paper for one in described), path


def test_a_comment_belongs_to_the_block_below_it():
    _, described = blocks.described(blocks.LIBRARY / "roi_head.arch")
    papers = {one.block.name: one.paper for one in described}
    assert papers["box_predictor"] == "1504.08083"
    assert papers["mask_predictor"] == "1703.06870"
