"""Twins of the networks for telephones: MobileNet, ShuffleNet, MnasNet."""

from __future__ import annotations

from torch import nn

from tests.oracles.twins.packages import Make, pytorchcv, timm, torchvision
from tests.oracles.twins.twin import Twin


def mobilenet_v1(width: float) -> Make:
    """timm's MobileNet at a width that has no name there."""

    def make() -> nn.Module:
        from timm.models.efficientnet import _gen_mobilenet_v1

        return _gen_mobilenet_v1("mobilenetv1_100", width)

    return make


MOBILENET_V1 = [
    Twin(
        net=f"mobilenet_v1.{width}-{side}",
        package="timm",
        model=f"mobilenetv1_100, channel_multiplier={width}",
        make=mobilenet_v1(width),
        inputs=((1, 3, side, side),),
    )
    for width in (1.0, 0.75, 0.5, 0.25)
    for side in (224, 192, 160, 128)
]

PYTORCHCV = [
    Twin(net=net, package="pytorchcv", model=model, make=pytorchcv(model))
    for net, model in {
        "mobilenet_v1.1.0-224": "mobilenet_w1",
        "mobilenet_v1.0.75-224": "mobilenet_w3d4",
        "mobilenet_v1.0.5-224": "mobilenet_wd2",
        "mobilenet_v1.0.25-224": "mobilenet_wd4",
        "shufflenet_v1.g1": "shufflenet_g1_w1",
        "shufflenet_v1.g2": "shufflenet_g2_w1",
        "shufflenet_v1.g3": "shufflenet_g3_w1",
        "shufflenet_v1.g4": "shufflenet_g4_w1",
        "shufflenet_v1.g8": "shufflenet_g8_w1",
        "shufflenet_v1.0.5x-g1": "shufflenet_g1_wd2",
        "shufflenet_v1.0.5x-g3": "shufflenet_g3_wd2",
        "shufflenet_v1.0.25x-g1": "shufflenet_g1_wd4",
        "shufflenet_v1.0.25x-g3": "shufflenet_g3_wd4",
    }.items()
]

TORCHVISION = [
    Twin(
        net=net,
        package="torchvision",
        model=model,
        make=torchvision(model),
        same_names=True,
    )
    for net, model in {
        "mobilenet_v3_large": "mobilenet_v3_large",
        "mobilenet_v3_small": "mobilenet_v3_small",
        "shufflenet_v2.0.5x": "shufflenet_v2_x0_5",
        "shufflenet_v2.1x": "shufflenet_v2_x1_0",
        "shufflenet_v2.1.5x": "shufflenet_v2_x1_5",
        "shufflenet_v2.2x": "shufflenet_v2_x2_0",
        "mnasnet_b1.0.5": "mnasnet0_5",
        "mnasnet_b1.0.75": "mnasnet0_75",
        "mnasnet_b1.1.0": "mnasnet1_0",
        "mnasnet_b1.1.3": "mnasnet1_3",
    }.items()
]

MOBILENET_V2 = [
    Twin(
        net=f"mobilenet_v2.{width}",
        package="torchvision",
        model=f"mobilenet_v2, width_mult={width}",
        make=torchvision("mobilenet_v2", width_mult=width),
        same_names=True,
    )
    for width in (1.0, 0.75, 0.5, 0.35, 1.4)
]

MNASNET_A1 = Twin(
    net="mnasnet_a1", package="timm", model="semnasnet_100", make=timm("semnasnet_100")
)

TWINS = [*MOBILENET_V1, *PYTORCHCV, *TORCHVISION, *MOBILENET_V2, MNASNET_A1]
