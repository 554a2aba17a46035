"""Twins of the inception networks and Xception."""

from __future__ import annotations

from torch import nn

from tests.oracles.twins.packages import Make, pytorchcv, timm, torchvision
from tests.oracles.twins.twin import Twin

LARGE = ((1, 3, 299, 299),)


def pretrainedmodels(model: str) -> Make:
    """A model of pretrainedmodels, whose weights were ported from Caffe and TensorFlow."""

    def make() -> nn.Module:
        import pretrainedmodels

        return pretrainedmodels.__dict__[model](num_classes=1000, pretrained=None)

    return make


def facenet() -> nn.Module:
    """facenet_pytorch's network with a classifier of 1000 classes."""
    from facenet_pytorch import InceptionResnetV1

    return InceptionResnetV1(classify=True, num_classes=1000)


def figure_of_v1() -> nn.Module:
    """pytorchcv's Inception-ResNet-v1 without what FaceNet adds to the paper's figure."""
    from pytorchcv.models.inceptionresnetv1 import InceptionResNetV1

    network = InceptionResNetV1(bn_eps=1e-3)
    network.features.stage3 = network.features.stage3[:-1]
    network.output = nn.Linear(1792, 1000)
    return network


def figure_of_v2() -> nn.Module:
    """The paper's figure from pytorchcv's units: Inception-v4's stem, then 5, 10, 5 modules."""
    from pytorchcv.models.common.norm import lambda_batchnorm2d
    from pytorchcv.models.inceptionresnetv1 import (
        InceptionAUnit,
        InceptionBUnit,
        InceptionCUnit,
        ReductionAUnit,
        ReductionBUnit,
    )
    from pytorchcv.models.inceptionv4 import InceptInitBlock

    norm = lambda_batchnorm2d(eps=1e-3)
    return nn.Sequential(
        InceptInitBlock(3, norm),
        *[InceptionAUnit(384, [32, 32, 32, 32, 48, 64], norm) for _ in range(5)],
        ReductionAUnit(384, [384, 256, 256, 384], norm),
        *[InceptionBUnit(1152, [192, 128, 160, 192], norm) for _ in range(10)],
        ReductionBUnit(1152, [256, 384, 256, 288, 256, 288, 320], norm),
        *[InceptionCUnit(2144, [192, 192, 224, 256], norm) for _ in range(5)],
        nn.AvgPool2d(8),
        nn.Flatten(),
        nn.Linear(2144, 1000),
    )


def _file_of_units() -> type:
    from pytorchcv.models.inceptionresnetv1 import InceptionAUnit

    return InceptionAUnit


TWINS = [
    Twin(
        net="googlenet_torchvision",
        package="torchvision",
        model="googlenet",
        make=torchvision("googlenet", aux_logits=True, init_weights=False),
        same_names=True,
    ),
    Twin(
        net="bn_inception",
        package="pretrainedmodels",
        model="bninception",
        make=pretrainedmodels("bninception"),
    ),
    Twin(
        net="bn_inception",
        package="pytorchcv",
        model="bninception",
        make=pytorchcv("bninception"),
    ),
    Twin(
        net="inception_v3",
        package="torchvision",
        model="inception_v3",
        make=torchvision("inception_v3", aux_logits=True, init_weights=False),
        inputs=LARGE,
        same_names=True,
    ),
    Twin(
        net="inception_v4",
        package="timm",
        model="inception_v4",
        make=timm("inception_v4"),
        inputs=LARGE,
    ),
    Twin(
        net="inception_v4",
        package="pretrainedmodels",
        model="inceptionv4",
        make=pretrainedmodels("inceptionv4"),
        inputs=LARGE,
    ),
    Twin(
        net="inception_resnet_v1.paper",
        package="pytorchcv",
        model="InceptionResNetV1 without its last module and embedding",
        make=figure_of_v1,
        inputs=LARGE,
    ),
    Twin(
        net="inception_resnet_v1.facenet",
        package="pytorchcv",
        model="inceptionresnetv1",
        make=pytorchcv("inceptionresnetv1"),
        inputs=LARGE,
    ),
    Twin(
        net="inception_resnet_v1.facenet",
        package="facenet_pytorch",
        model="InceptionResnetV1",
        make=facenet,
        inputs=LARGE,
    ),
    Twin(
        net="inception_resnet_v2.paper",
        package="pytorchcv",
        model="InceptionAUnit, InceptionBUnit, InceptionCUnit",
        make=figure_of_v2,
        inputs=LARGE,
        written_in=_file_of_units,
    ),
    Twin(
        net="inception_resnet_v2.released",
        package="timm",
        model="inception_resnet_v2",
        make=timm("inception_resnet_v2"),
        inputs=LARGE,
    ),
    Twin(
        net="xception",
        package="timm",
        model="legacy_xception",
        make=timm("legacy_xception"),
        inputs=LARGE,
    ),
    Twin(
        net="xception",
        package="pytorchcv",
        model="xception",
        make=pytorchcv("xception"),
        inputs=LARGE,
    ),
]
