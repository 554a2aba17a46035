"""Twins of the transformers, of ConvNeXt and of MLP-Mixer."""

from __future__ import annotations

from torch import nn

from tests.oracles.twins.packages import timm, torchvision
from tests.oracles.twins.twin import Twin

TORCHVISION = {
    "vit.b16": "vit_b_16",
    "vit.b32": "vit_b_32",
    "vit.l16": "vit_l_16",
    "vit.l32": "vit_l_32",
    "vit.h14": "vit_h_14",
    "swin.t": "swin_t",
    "swin.s": "swin_s",
    "swin.b": "swin_b",
    "convnext.tiny": "convnext_tiny",
    "convnext.small": "convnext_small",
    "convnext.base": "convnext_base",
    "convnext.large": "convnext_large",
}
MIXERS = {
    f"mixer.{size}": f"mixer_{size}_224" for size in ("s32", "s16", "b32", "b16", "l32", "l16")
}
DEITS = {
    f"{net}.{size}": f"{model}_{word}_{distilled}patch16_224"
    for net, model, distilled in (("deit", "deit", ""), ("deit_distilled", "deit", "distilled_"))
    for size, word in (("ti", "tiny"), ("s", "small"), ("b", "base"))
}


def mixer_h14() -> nn.Module:
    """timm's MLP-Mixer of Table 1's largest size, which it has no name for."""
    from timm.models.mlp_mixer import MlpMixer

    return MlpMixer(patch_size=14, num_blocks=32, embed_dim=1280)


def _twin(net: str, model: str, package: str, *, same_names: bool) -> Twin:
    return Twin(
        net=net,
        package=package,
        model=model,
        make=(torchvision if package == "torchvision" else timm)(model),
        same_names=same_names,
        depth=False,
    )


TWINS = [
    *[_twin(net, model, "torchvision", same_names=True) for net, model in TORCHVISION.items()],
    *[_twin(net, model, "timm", same_names=True) for net, model in MIXERS.items()],
    Twin(
        net="mixer.h14",
        package="timm",
        model="MlpMixer",
        make=mixer_h14,
        same_names=True,
        depth=False,
    ),
    *[_twin(net, model, "timm", same_names=False) for net, model in DEITS.items()],
]
