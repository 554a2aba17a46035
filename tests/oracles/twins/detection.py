"""Twins of the detectors: their trunks and heads, without boxes being chosen.

Proposals and RoI pooling need compiled operators, which say nothing of sizes: `regions` stands for
both. Batch norms of the trunks are frozen, as in torchvision's trained detectors.
"""

from __future__ import annotations

import contextlib
import importlib
import sys
from collections.abc import Iterator
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import MagicMock

import torch
from torch import Tensor, nn

from tests.oracles.twins.packages import torchvision
from tests.oracles.twins.twin import Twin, tensors

COMPILED = ("", ".carafe", ".merge_cells", ".modulated_deform_conv", ".nms", ".roi_align")
R = 3
PART = ((1, 3, 256, 384),)
BOXES = ((8.0, 16.0, 360.0, 240.0), (100.5, 60.25, 220.0, 190.0), (50.0, 64.0, 72.5, 90.0))
"""left, top, right and bottom of R regions of a part: they lie on three levels of a pyramid"""


def regions(maps: list[Tensor], found: Any, side: int) -> Tensor:
    """A tensor of the size of R pooled regions that depends on the maps and on what found them."""
    origin = sum(tensor.sum() for tensor in [*maps, *tensors(found)])
    return maps[0][:, :, :side, :side].expand(R, -1, -1, -1) + origin


# ---- torchvision --------------------------------------------------------------------------------


def pyramid(**options: Any) -> nn.Module:
    """ResNet-50 and its feature pyramid, as torchvision's own functions put them together."""
    from torchvision.models import resnet50
    from torchvision.models.detection.backbone_utils import _resnet_fpn_extractor
    from torchvision.ops.misc import FrozenBatchNorm2d

    return _resnet_fpn_extractor(resnet50(norm_layer=FrozenBatchNorm2d), 5, **options)


def faster_rcnn_fpn() -> nn.Module:
    from torchvision.models.detection import FasterRCNN

    return FasterRCNN(pyramid(), num_classes=91)


def mask_rcnn() -> nn.Module:
    from torchvision.models.detection import MaskRCNN

    return MaskRCNN(pyramid(), num_classes=91)


def retinanet(p6_from: int, classes: int) -> nn.Module:
    """`p6_from`: channels of the map that the sixth level is made of, c5's 2048 or p5's 256."""
    from torchvision.models.detection import RetinaNet
    from torchvision.ops.feature_pyramid_network import LastLevelP6P7

    levels = LastLevelP6P7(p6_from, 256)
    return RetinaNet(pyramid(returned_layers=[2, 3, 4], extra_blocks=levels), classes)


def run_two_stages(model: Any, image: Tensor) -> list[Any]:
    """Scores and boxes of R regions; masks, if the model has them."""
    maps = list(model.backbone(image).values())
    found = model.rpn.head(maps)
    heads = model.roi_heads
    outputs = [found, heads.box_predictor(heads.box_head(regions(maps, found, 7)))]
    if heads.mask_head is not None:
        outputs.append(heads.mask_predictor(heads.mask_head(regions(maps, found, 14))))
    return outputs


def regions_of_boxes(model: Any, image: Tensor) -> list[Any]:
    """The outputs for BOXES, pooled as torchvision pools them (in Python without its operators).

    Numbers of regions have the one image in front, as archc's have.
    """
    maps = model.backbone(image)
    boxes = torch.tensor(BOXES)
    heads, where = model.roi_heads, (maps, [boxes], [tuple(image.shape[2:])])
    found = heads.box_predictor(heads.box_head(heads.box_roi_pool(*where)))
    found = [numbers[None] for numbers in found]
    if heads.mask_head is None:
        return [found, boxes[None]]
    return [found, heads.mask_predictor(heads.mask_head(heads.mask_roi_pool(*where)))]


def run_one_stage(model: Any, image: Tensor) -> Any:
    return model.head(list(model.backbone(image).values()))


class FastRCNN(nn.Module):
    """VGG-16 with torchvision's predictor; with `proposals`, torchvision's head that finds them."""

    def __init__(self, proposals: bool) -> None:
        super().__init__()
        from torchvision.models import vgg16
        from torchvision.models.detection.faster_rcnn import FastRCNNPredictor
        from torchvision.models.detection.rpn import RPNHead

        vgg = vgg16()
        self.trunk = vgg.features[:-1]
        self.proposals = RPNHead(512, 9) if proposals else None
        if self.proposals is not None:  # torchvision has one score for each anchor, the paper two
            self.proposals.cls_logits = RPNHead(512, 2 * 9).cls_logits
        self.head = vgg.classifier[:-1]
        self.predictor = FastRCNNPredictor(4096, 21)

    def forward(self, image: Tensor) -> list[Any]:
        conv5_3 = self.trunk(image)
        found = self.proposals([conv5_3]) if self.proposals is not None else []
        head = self.head(regions([conv5_3], found, 7).flatten(1))
        return [found, self.predictor(head)]


def fast_rcnn_file() -> Any:
    from torchvision.models.detection.faster_rcnn import FastRCNNPredictor

    return FastRCNNPredictor


# ---- MMDetection --------------------------------------------------------------------------------


def mmdet_models() -> ModuleType:
    """MMDetection's models without the operators of mmcv that are compiled."""
    for name in COMPILED:
        absent = MagicMock(__path__=[], __spec__=ModuleSpec(f"mmcv.ops{name}", None))
        sys.modules.setdefault(f"mmcv.ops{name}", absent)
    transformer = importlib.import_module("mmcv.cnn.bricks.transformer")
    transformer.__dict__.setdefault("MultiScaleDeformableAttention", nn.Module)
    with without("mmpretrain"):
        return importlib.import_module("mmdet.models")


@contextlib.contextmanager
def without(name: str) -> Iterator[None]:
    """Within it a package that others can use, but do not need, cannot be imported."""
    before = sys.modules.pop(name, None)
    sys.modules[name] = None  # type: ignore[assignment]
    yield
    del sys.modules[name]
    if before is not None:
        sys.modules[name] = before


def mmdet(config: str) -> nn.Module:
    """A detector by one of the configurations that the package holds."""
    models = mmdet_models()
    from mmdet.registry import MODELS
    from mmengine.config import Config

    folder = Path(str(models.__file__)).parents[1] / ".mim" / "configs"
    model = Config.fromfile(str(folder / config)).model
    del model["data_preprocessor"]
    built: nn.Module = MODELS.build(model)
    return built


def ssd_file() -> Any:
    return mmdet_models().SSDVGG


# ---- lightnet -----------------------------------------------------------------------------------


def lightnet(model: str, classes: int) -> nn.Module:
    built: nn.Module = getattr(importlib.import_module("lightnet.models"), model)(classes)
    return built


TWINS = [
    Twin(
        net="fast_rcnn",
        package="torchvision",
        model="vgg16, FastRCNNPredictor",
        make=lambda: FastRCNN(proposals=False),
        inputs=[(1, 3, 600, 800)],
        counts=(("R", R),),
        written_in=fast_rcnn_file,
    ),
    Twin(
        net="faster_rcnn",
        package="torchvision",
        model="vgg16, RPNHead, FastRCNNPredictor",
        make=lambda: FastRCNN(proposals=True),
        inputs=[(1, 3, 600, 800)],
        counts=(("R", R),),
        written_in=fast_rcnn_file,
    ),
    Twin(
        net="faster_rcnn_fpn",
        package="torchvision",
        model="fasterrcnn_resnet50_fpn",
        make=faster_rcnn_fpn,
        inputs=[(1, 3, 800, 800)],
        run=run_two_stages,
        outputs=regions_of_boxes,
        compared_at=PART,
        counts=(("R", R),),
        same_names=True,
    ),
    Twin(
        net="mask_rcnn",
        package="torchvision",
        model="maskrcnn_resnet50_fpn",
        make=mask_rcnn,
        inputs=[(1, 3, 800, 800)],
        run=run_two_stages,
        outputs=regions_of_boxes,
        compared_at=PART,
        counts=(("R", R),),
        same_names=True,
    ),
    Twin(
        net="retinanet.paper",
        package="torchvision",
        model="RetinaNet with LastLevelP6P7(2048, 256)",
        make=lambda: retinanet(2048, 80),
        inputs=[(1, 3, 800, 800)],
        run=run_one_stage,
        compared_at=PART,
        same_names=True,
    ),
    Twin(
        net="retinanet.torchvision",
        package="torchvision",
        model="retinanet_resnet50_fpn",
        make=lambda: retinanet(256, 91),
        inputs=[(1, 3, 800, 800)],
        run=run_one_stage,
        compared_at=PART,
        same_names=True,
    ),
    Twin(
        net="ssd300",
        package="torchvision",
        model="ssd300_vgg16",
        make=torchvision("ssd300_vgg16", weights_backbone=None, num_classes=21),
        inputs=[(1, 3, 300, 300)],
        run=run_one_stage,
    ),
    Twin(
        net="ssd512",
        package="mmdet",
        model="ssd512_voc0712",
        make=lambda: mmdet("pascal_voc/ssd512_voc0712.py"),
        inputs=[(1, 3, 512, 512)],
        run=lambda model, image: model.bbox_head(model.extract_feat(image)),
        written_in=ssd_file,
    ),
    Twin(
        net="yolov2.released",
        package="lightnet",
        model="YoloV2",
        make=lambda: lightnet("YoloV2", 20),
        inputs=[(1, 3, 416, 416)],
    ),
    Twin(
        net="yolov3",
        package="lightnet",
        model="YoloV3",
        make=lambda: lightnet("YoloV3", 80),
        inputs=[(1, 3, 416, 416)],
    ),
]
