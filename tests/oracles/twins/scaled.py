"""Twins of the networks that are scaled by formula: EfficientNet, RegNet."""

from __future__ import annotations

from tests.oracles.twins.packages import timm, torchvision
from tests.oracles.twins.twin import Twin

SIDES = (224, 240, 260, 300, 380, 456, 528, 600)

EFFICIENTNETS = [
    Twin(
        net=f"efficientnet.b{number}",
        package="torchvision",
        model=f"efficientnet_b{number}",
        make=torchvision(f"efficientnet_b{number}"),
        inputs=((1, 3, side, side),),
        same_names=True,
    )
    for number, side in enumerate(SIDES)
]

# torchvision rounds three widths otherwise than the paper's authors
OTHER_ROUNDING = ("x_400mf", "y_800mf", "y_8gf")

TORCHVISION = [
    Twin(
        net=f"regnet.{size}" + ("_torchvision" if size in OTHER_ROUNDING else ""),
        package="torchvision",
        model=f"regnet_{size}",
        make=torchvision(f"regnet_{size}"),
        device="cpu",  # its widths are computed by torch
        same_names=True,
    )
    for kind in "xy"
    for size in (
        f"{kind}_{flops}" for flops in ("400mf", "800mf", "1_6gf", "3_2gf", "8gf", "16gf", "32gf")
    )
]

TIMM = [
    Twin(net=f"regnet.{size}", package="timm", model=model, make=timm(model))
    for kind in "xy"
    for size, model in (
        (f"{kind}_200mf", f"regnet{kind}_002"),
        (f"{kind}_400mf", f"regnet{kind}_004"),
        (f"{kind}_600mf", f"regnet{kind}_006"),
        (f"{kind}_800mf", f"regnet{kind}_008"),
        (f"{kind}_1_6gf", f"regnet{kind}_016"),
        (f"{kind}_3_2gf", f"regnet{kind}_032"),
        (f"{kind}_4gf", f"regnet{kind}_040"),
        (f"{kind}_6_4gf", f"regnet{kind}_064"),
        (f"{kind}_8gf", f"regnet{kind}_080"),
        (f"{kind}_12gf", f"regnet{kind}_120"),
        (f"{kind}_16gf", f"regnet{kind}_160"),
        (f"{kind}_32gf", f"regnet{kind}_320"),
    )
]

TWINS = [*EFFICIENTNETS, *TORCHVISION, *TIMM]
