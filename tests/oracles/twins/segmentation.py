"""Twins of the nets for segmentation and of those with parallel resolutions.

The heads of some of them run in training only, but their public modules run them always: then the
module is called piece by piece here.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

from torch import Tensor, nn

from tests.oracles.twins.packages import pytorchcv, timm, torchvision, without_parents
from tests.oracles.twins.twin import Twin

FCN_IMAGE = ((1, 3, 500, 500),)
VOC_IMAGE = ((1, 3, 520, 520),)
PSPNET_IMAGE = ((1, 3, 473, 473),)
VOC_PART = ((2, 3, 136, 200),)
CITY_IMAGE = ((1, 3, 1024, 2048),)


def torchfcn(model: str) -> Callable[[], nn.Module]:
    """A model of torchfcn, whose `fcn` is there for downloads."""

    def make() -> nn.Module:
        sys.modules.setdefault("fcn", ModuleType("fcn"))
        module: nn.Module = getattr(without_parents(f"torchfcn.models.{model.lower()}"), model)()
        return module

    return make


def unet_with_bn() -> nn.Module:
    """Lightning Bolts' U-Net."""
    module: nn.Module = without_parents("pl_bolts.models.vision.unet").UNet(num_classes=2)
    return module


def pspnet(depth: int) -> Callable[[], nn.Module]:
    """pytorchcv's PSPNet at any size."""
    return pytorchcv(f"pspnet_resnetd{depth}b_voc", fixed_size=False, aux=True)


def without_auxiliary(module: Any, image: Tensor) -> Tensor:
    """torchvision's segmentation nets without the head for training."""
    scores: Tensor = module.classifier(module.backbone(image)["out"])
    return scores


def scores_alone(module: Any, image: Tensor) -> Tensor:
    """What torchvision's segmentation nets give at the size of the image, but for training."""
    scores: Tensor = module(image)["out"]
    return scores


def without_second(module: Any, image: Tensor) -> Tensor:
    """pytorchcv's segmentation nets without the head for training."""
    high, _ = module.backbone(image)
    scores: Tensor = module.final_block(module.pool(high), image.shape[2:])
    return scores


def mmsegmentation(name: str, part: str) -> Any:
    """A class of mmsegmentation; the compiled operators that its files import are not called."""
    compiled = ModuleType("mmcv.ops")
    vars(compiled).update(point_sample=None, sigmoid_focal_loss=None)
    sys.modules.setdefault("mmcv.ops", compiled)
    return getattr(without_parents(f"mmseg.models.{part}"), name)


class Segmenter(nn.Module):
    """A backbone that gives several maps, and a head of mmsegmentation."""

    def __init__(self, backbone: nn.Module, **head: Any) -> None:
        super().__init__()
        self.backbone = backbone
        self.decode_head = mmsegmentation("FCNHead", "decode_heads.fcn_head")(
            concat_input=False, align_corners=False, **head
        )

    def forward(self, image: Tensor) -> Tensor:
        scores: Tensor = self.decode_head(self.backbone(image))
        return scores


def unet() -> nn.Module:
    """mmsegmentation's U-Net without batch norm, enlarging as the paper does."""

    class Up(nn.ConvTranspose2d):
        """The plain layer; what the others of its kind would be told besides is dropped."""

        def __init__(self, in_channels: int, out_channels: int, **_: object) -> None:
            super().__init__(in_channels, out_channels, kernel_size=2, stride=2)

    backbone = mmsegmentation("UNet", "backbones.unet")(
        in_channels=1, norm_cfg=None, upsample_cfg={"type": Up}
    )
    return Segmenter(backbone, in_channels=64, in_index=4, channels=64, num_convs=0, num_classes=2)


def hrnet_segmentation(width: int) -> Callable[[], nn.Module]:
    """timm's trunk and mmsegmentation's head."""

    def make() -> nn.Module:
        trunk = timm(
            f"hrnet_w{width}", features_only=True, feature_location="", out_indices=(1, 2, 3, 4)
        )
        return Segmenter(
            trunk(),
            in_channels=[width, 2 * width, 4 * width, 8 * width],
            in_index=(0, 1, 2, 3),
            input_transform="resize_concat",
            channels=15 * width,
            kernel_size=1,
            num_convs=1,
            num_classes=19,
            norm_cfg={"type": "BN"},
        )

    return make


TWINS = [
    *(
        Twin(
            net=f"fcn.{stride}s",
            package="torchfcn",
            model=f"FCN{stride}s",
            make=torchfcn(f"FCN{stride}s"),
            inputs=FCN_IMAGE,
        )
        for stride in (32, 16, 8)
    ),
    *(
        Twin(
            net=f"fcn_resnet.{depth}",
            package="torchvision",
            model=f"fcn_resnet{depth}",
            make=torchvision(f"fcn_resnet{depth}", weights_backbone=None, aux_loss=True),
            inputs=VOC_IMAGE,
            run=without_auxiliary,
            outputs=scores_alone,
            compared_at=VOC_PART,
            same_names=True,
        )
        for depth in (50, 101)
    ),
    *(
        Twin(
            net=f"deeplabv3.resnet{depth}",
            package="torchvision",
            model=f"deeplabv3_resnet{depth}",
            make=torchvision(f"deeplabv3_resnet{depth}", weights_backbone=None, aux_loss=True),
            inputs=VOC_IMAGE,
            run=without_auxiliary,
            outputs=scores_alone,
            compared_at=VOC_PART,
            same_names=True,
        )
        for depth in (50, 101)
    ),
    Twin(
        net="deeplabv3_mobilenet",
        package="torchvision",
        model="deeplabv3_mobilenet_v3_large",
        make=torchvision("deeplabv3_mobilenet_v3_large", weights_backbone=None, aux_loss=True),
        inputs=VOC_IMAGE,
        run=without_auxiliary,
        outputs=scores_alone,
        compared_at=VOC_PART,
        same_names=True,
    ),
    Twin(
        net="lraspp",
        package="torchvision",
        model="lraspp_mobilenet_v3_large",
        make=torchvision("lraspp_mobilenet_v3_large", weights_backbone=None),
        inputs=VOC_IMAGE,
        compared_at=VOC_PART,
        same_names=True,
    ),
    Twin(
        net="unet.same",
        package="mmsegmentation",
        model="UNet",
        make=unet,
        inputs=((1, 1, 512, 512),),
        written_in=lambda: mmsegmentation("UNet", "backbones.unet"),
    ),
    Twin(
        net="unet_bn",
        package="lightning-bolts",
        model="UNet",
        make=unet_with_bn,
        inputs=((1, 3, 512, 512),),
    ),
    Twin(
        net="segnet",
        package="pytorchcv",
        model="segnet_cityscapes",
        make=pytorchcv("segnet_cityscapes", num_classes=11),
        inputs=((1, 3, 352, 480),),
    ),
    *(
        Twin(
            net=f"pspnet.{depth}",
            package="pytorchcv",
            model=f"pspnet_resnetd{depth}b_voc",
            make=pspnet(depth),
            inputs=PSPNET_IMAGE,
            run=without_second,
        )
        for depth in (50, 101)
    ),
    Twin(
        net="xception65",
        package="timm",
        model="xception65",
        make=timm("xception65"),
        inputs=((1, 3, 299, 299),),
    ),
    *(
        Twin(
            net=f"hrnet.w{width}",
            package="timm",
            model=f"hrnet_w{width}",
            make=timm(f"hrnet_w{width}"),
        )
        for width in (18, 32, 48)
    ),
    *(
        Twin(
            net=f"hrnet_segmentation.w{width}",
            package="timm",
            model=f"hrnet_w{width} with mmsegmentation's FCNHead",
            make=hrnet_segmentation(width),
            inputs=CITY_IMAGE,
            written_in=lambda: importlib.import_module("timm.models.hrnet"),
        )
        for width in (18, 48)
    ),
]
