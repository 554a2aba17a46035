"""Feature pyramids, and the heads of detectors."""

import pytest

from tests.templates.blocks.alone import Case, check, conv, fc, load, shown, unit


def biased(side, into, out):
    return conv(side, into, out, bias=True)


C2_TO_C5 = "\n".join(
    [
        *("c2: input 64x96x256", "c3: input 32x48x512"),
        *("c4: input 16x24x1024", "c5: input 8x12x2048"),
    ]
)
FOUR = f"{C2_TO_C5}\nlist c2 c3 c4 c5"
THREE = f"{C2_TO_C5}\nlist c3 c4 c5"
LATERAL = [biased(1, into, 256) for into in (256, 512, 1024, 2048)]
SMOOTH = biased(3, 256, 256)
RPN = biased(3, 512, 512) + biased(1, 512, 2 * 9) + biased(1, 512, 4 * 9)
SHARED_RPN = biased(3, 256, 256) + biased(1, 256, 3) + biased(1, 256, 4 * 3)
TO_P7 = "32x48x256, 16x24x256, 8x12x256, 4x6x256, 2x3x256"

CASES = {
    "fpn": Case(
        "fpn: fpn",
        f"{FOUR} ; fpn",
        "[64x96x256, 32x48x256, 16x24x256, 8x12x256]",
        sum(LATERAL) + 4 * SMOOTH,
    ),
    "sixth": Case(
        "fpn: sixth",
        f"{FOUR} ; sixth",
        "[64x96x256, 32x48x512, 16x24x1024, 8x12x2048, 4x6x2048]",
        0,
    ),
    # section 4 of RetinaNet: p3 to p7, p6 a 3x3 with stride 2 on c5, p7 one on p6
    "fpn_to_p7": Case(
        "fpn: fpn_to_p7",
        f"{THREE} ; fpn_to_p7",
        f"[{TO_P7}]",
        sum(LATERAL[1:]) + 3 * SMOOTH + biased(3, 2048, 256) + SMOOTH,
    ),
    "fpn_to_p7 as in torchvision": Case(
        "fpn: fpn_to_p7",
        f"{THREE} ; fpn_to_p7 from_p5=yes",
        f"[{TO_P7}]",
        sum(LATERAL[1:]) + 5 * SMOOTH,
    ),
    "rpn_head": Case(
        "rpn: rpn_head", "input 37x50x512\nrpn_head 512 9", "[37x50x18, 37x50x36]", RPN
    ),
    # VGG-16's fc6 and fc7, 25088 and 4096 wide
    "box_head": Case(
        "roi_head: box_head",
        "input R of 7x7x512\nbox_head 4096 p=0.5",
        "R of 4096",
        fc(7 * 7 * 512, 4096) + fc(4096, 4096),
    ),
    "box_predictor": Case(
        "roi_head: box_predictor",
        "input R of 4096\nbox_predictor 21",
        "[R of 21, R of 84]",
        fc(4096, 21) + fc(4096, 84),
    ),
    # Mask R-CNN, Figure 4, right: 14x14x256 four times, 28x28x256, 28x28x80
    "mask_head": Case(
        "roi_head: mask_head", "input R of 14x14x256\nmask_head", "R of 14x14x256", 4 * SMOOTH
    ),
    "mask_predictor": Case(
        "roi_head: mask_predictor",
        "input R of 14x14x256\nmask_predictor 80",
        "R of 28x28x80",
        biased(2, 256, 256) + biased(1, 256, 80),
    ),
    # SSD, Figure 2: 4 boxes at 38x38 are 5776 of the 8732
    "ssd_boxes": Case(
        "ssd_head: ssd_boxes", "input 38x38x512\nssd_boxes 4", "5776 of 4", biased(3, 512, 16)
    ),
    "ssd_scores": Case(
        "ssd_head: ssd_scores",
        "input 38x38x512\nssd_scores 4 21",
        "5776 of 21",
        biased(3, 512, 84),
    ),
    # YOLOv3, section 2.3: N x N x [3 * (4 + 1 + 80)]
    "yolo_head": Case(
        "yolo_head: yolo_head",
        "input 13x15x512\nyolo_head 1024 3 80",
        "13x15x255",
        unit(3, 512, 1024) + biased(1, 1024, 3 * (4 + 1 + 80)),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_head_alone_is_what_its_paper_says(case):
    check(CASES[case])


def test_one_rpn_head_serves_all_maps_of_a_pyramid():
    used = "fpn: fpn, sixth\nrpn: rpn_head"
    network = load(used, f"{FOUR} ; fpn\nsixth\nhead: each rpn_head 256 3 n=1")
    assert network.params == sum(LATERAL) + 4 * SMOOTH + SHARED_RPN
    assert shown(network).startswith("[64x96x3, 64x96x12, 32x48x3, 32x48x12")


def test_regions_become_classes_boxes_and_masks():
    used = "roi_head: box_head, box_predictor, mask_head, mask_predictor"
    rows = ["maps: input R of 14x14x256", "boxes: maxpool ; box_head", "boxes_: box_predictor 91"]
    rows += ["from maps ; mask_head", "masks: mask_predictor 91", "output boxes_ masks"]
    assert shown(load(used, "\n".join(rows))) == "[R of 91, R of 364], R of 28x28x91"


def test_the_boxes_of_ssd300_are_8732():
    """Figure 2: 38, 19, 10, 5, 3, 1 with 4, 6, 6, 6, 4, 4 boxes at each place."""
    maps = [(38, 4), (19, 6), (10, 6), (5, 6), (3, 4), (1, 4)]
    rows = [f"m{side}: input {side}x{side}x256" for side, _ in maps]
    rows += ["append", *[f"  from m{side} ; ssd_boxes {boxes}" for side, boxes in maps]]
    assert shown(load("ssd_head: ssd_boxes", "\n".join(rows))) == "8732 of 4"
