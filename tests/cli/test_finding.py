"""A student finds every system of the lectures by the name that is written on the slide."""

from __future__ import annotations

import pytest

from archc.names import ranks
from archc.session import Session

SLIDES = {
    "LeNet-5": "lenet5",
    "AlexNet": "alexnet",
    "AlexNet grouped": "alexnet.grouped",
    "AlexNet torchvision": "alexnet_torchvision",
    "ZFNet": "zfnet",
    "VGG A": "vgg.A",
    "VGG A-LRN": "vgg.A-LRN",
    "VGG-11": "vgg.A",
    "VGG-16": "vgg16",
    "VGG-19": "vgg.E",
    "VGG16 bn": "vgg_bn.16",
    "Network in Network": "nin",
    "NiN ImageNet": "nin_imagenet",
    "GoogLeNet": "googlenet",
    "Inception v1": "googlenet",
    "GoogLeNet torchvision": "googlenet_torchvision",
    "BN-Inception": "bn_inception",
    "Inception v2": "bn_inception",
    "Inception-v3": "inception_v3",
    "Inception-v4": "inception_v4",
    "Inception-ResNet-v1": "inception_resnet_v1",
    "Inception-ResNet-v2": "inception_resnet_v2",
    "naive inception module": "inception_naive",
    "inception module bottleneck": "inception_bottleneck",
    "ResNet-18": "resnet.18",
    "ResNet 152": "resnet.152",
    "resnet50": "resnet.50",
    "ResNet v1 50": "resnet_v1.50",
    "ResNet v1.5": "resnet.18",
    "plain-34": "resnet_v1.plain34",
    "plain-56": "resnet_cifar.plain56",
    "ResNet 110": "resnet_cifar.110",
    "ResNet 1202": "resnet_cifar.1202",
    "pre-activation ResNet 50": "preact_resnet.50",
    "pre-activation ResNet 164": "preact_resnet_cifar.164",
    "pre-activation ResNet 1001": "preact_resnet_cifar.1001",
    "ResNet 34 C": "resnet_v1.34C",
    "Highway": "highway",
    "Wide-ResNet 28-10": "wide_resnet.28-10",
    "WRN-40-4": "wide_resnet.40-4",
    "Wide ResNet 50-2": "wide_resnet_bottleneck.50-2",
    "wide_resnet101_2": "wide_resnet_bottleneck.101-2",
    "ResNeXt 50": "resnext.50-32x4d",
    "ResNeXt-101 32x8d": "resnext.101-32x8d",
    "PyramidNet": "pyramidnet",
    "FractalNet": "fractalnet",
    "FractalNet recursion": "fractalnet_recursion",
    "DenseNet 121": "densenet.121",
    "DenseNet BC 100-12": "densenet_cifar.BC-100-12",
    "DenseNet 40": "densenet_cifar.40-12",
    "SE-ResNet-50": "se_resnet.50",
    "SENet-154": "senet",
    "Xception": "xception",
    "MobileNet v1": "mobilenet_v1",
    "MobileNet v1 0.25-128": "mobilenet_v1.0.25-128",
    "MobileNet v2": "mobilenet_v2",
    "MobileNet v3 large": "mobilenet_v3_large",
    "ShuffleNet v1 g8": "shufflenet_v1.g8",
    "ShuffleNet v2": "shufflenet_v2",
    "ShuffleNet v2 1.5x": "shufflenet_v2.1.5x",
    "SqueezeNet 1.1": "squeezenet.1.1",
    "Darknet-19": "darknet19",
    "Darknet-53": "darknet53",
    "OverFeat": "overfeat.arch",
    "SPP-net": "sppnet",
    "FCN-8s": "fcn.8s",
    "DeconvNet": "deconvnet",
    "SegNet": "segnet",
    "U-Net": "unet",
    "U-Net valid": "unet.valid",
    "PSPNet": "pspnet",
    "DeepLab v3": "deeplabv3",
    "DeepLab v3+": "deeplabv3plus",
    "R-CNN": "rcnn",
    "Fast R-CNN": "fast_rcnn",
    "Faster R-CNN": "faster_rcnn",
    "Faster R-CNN FPN": "faster_rcnn_fpn",
    "Mask R-CNN": "mask_rcnn",
    "maskrcnn_resnet50_fpn": "mask_rcnn",
    "YOLO": "yolov1",
    "YOLO v1": "yolov1",
    "YOLO v2": "yolov2",
    "YOLO v3": "yolov3",
    "SSD300": "ssd300",
    "SSD512": "ssd512",
    "autoencoder": "autoencoder",
    "DCGAN": "dcgan.arch",
    "DCGAN discriminator": "discriminator.paper",
    "style transfer": "style_transfer",
    "neural style": "style_features",
    "captioning": "show_and_tell",
    "show, attend and tell": "show_attend_tell",
    "Siamese": "siamese",
    "two inputs": "two_inputs.arch",
    "3D": "c3d",
    "audio": "waveform.M3",
    "ViT": "vit",
    "ViT-B/16": "vit.b16",
    "EfficientNet B7": "efficientnet.b7",
    "efficientnet-b0": "efficientnet.b0",
    "MNASNet": "mnasnet.arch",
    "RegNet Y": "regnet.y_200mf",
    "RegNetX 400MF": "regnet.x_400mf",
    "ConvNeXt": "convnext",
    "Swin-T": "swin.t",
    "MLP-Mixer": "mixer.s32",
    "DeiT": "deit",
    "RetinaNet": "retinanet",
    "HRNet": "hrnet",
}


@pytest.fixture(scope="module")
def session():
    return Session()


@pytest.fixture(scope="module")
def every(session):
    return session.shipped()


@pytest.mark.parametrize("name", SLIDES)
def test_a_name_shows_the_net_or_lists_it_first(session, every, name):
    """As `archc nets` does: the text of what is called so, else the list of what words find."""
    found = session.find_shipped(name)
    if found:
        assert (found.part or found.path.rpartition("/")[2]) == SLIDES[name]
        return
    rank = ranks(name, every)
    listed = [one for one in every if one.name in rank]
    assert min(listed, key=lambda one: (rank[one.name], one.year)).name == SLIDES[name]


@pytest.mark.parametrize(
    ("words", "first", "with_them", "without"),
    [
        (["ResNet", "110"], "resnet_cifar.110", {"pyramidnet.110-48"}, {"resnet.18"}),
        (["vgg-19"], "vgg.E", {"vgg_bn.19"}, {"vgg.A-LRN", "vgg16"}),
        (["senet154"], "senet", set(), {"se_resnet.50"}),
        (["ResNet-50", "--sort", "name"], "deeplabv3.resnet50", {"resnet.50"}, {"resnet.18"}),
        (["ResNet-50", "--max-params", "26M"], "resnet.50", {"resnet_v1.50"}, {"fcn_resnet.50"}),
        (["segmentation", "vgg"], "fcn.32s", set(), {"vgg16"}),
    ],
    ids=lambda given: " ".join(given) if isinstance(given, list) else "",
)
def test_the_list_begins_with_the_best(archc, words, first, with_them, without):
    lines = archc("nets", *words).out.splitlines()
    names = [line.split()[0] for line in lines[2:-2] if not line.startswith("-")]
    assert names[0] == first
    assert with_them <= set(names) and not without & set(names)
