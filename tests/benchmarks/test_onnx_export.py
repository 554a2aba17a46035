"""benchmarks/onnx_export.py: what it compares is the same network."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import onnxruntime

from archc.cli.main import main
from tests.conftest import ROOT

PARTS = ROOT / "benchmarks" / "onnx_parts"


def part(name, *words, folder):
    command = [sys.executable, str(PARTS / f"{name}.py"), *words]
    subprocess.run(command, cwd=folder, check=True, timeout=120)


def session(path):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(path, options)


def test_the_model_by_hand_is_ours(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    part("weights", "resnet.50", "a.safetensors", folder=tmp_path)
    part("by_hand", "a.safetensors", "theirs.onnx", folder=tmp_path)
    assert main(["build", "resnet.50", "--weights", "a.safetensors", "-o", "ours.onnx"]) == 0
    image = np.random.default_rng(0).standard_normal((2, 3, 224, 224), np.float32)
    ours, theirs = [
        session(path).run(None, {"input": image})[0] for path in ("ours.onnx", "theirs.onnx")
    ]
    assert np.isfinite(ours).all() and ours.std(axis=1).min() > 0
    assert np.array_equal(ours, theirs)
