"""Files of weights: good ones give their tensors, bad ones one line that says what to do."""

import json
import os
import pickle
import struct
import subprocess
import sys

import pytest
import torch
from safetensors.torch import save_file

from archc.weights import WeightsProblem, fit, open_checkpoint
from archc.weights.pytorch import state_for_torch
from archc.weights.safetensors_file import DTYPES, write_safetensors


def problem(path, part=""):
    with pytest.raises(WeightsProblem) as raised:
        open_checkpoint(path, part)
    text = str(raised.value)
    assert "\n" not in text and text
    return text


def saved(tmp_path, value, name="file.pth", **options):
    torch.save(value, tmp_path / name, **options)
    return tmp_path / name


def same(state, other):
    return list(state) == list(other) and all(torch.equal(state[key], other[key]) for key in state)


# ---- what is read --------------------------------------------------------------------------------


def test_a_safetensors_file_may_begin_like_a_pickle(tmp_path):
    path = tmp_path / "weights.safetensors"
    for padding in range(0, 256, 8):
        save_file({"w": torch.ones(2)}, path, {"note": "x" * padding})
        if path.read_bytes().startswith(b"\x80"):
            break
    assert path.read_bytes().startswith(b"\x80")
    assert list(open_checkpoint(path).tensors) == ["w"]


@pytest.mark.parametrize("zipped", [True, False])
def test_pth_keeps_order_and_values(small, tmp_path, zipped):
    net, state = small
    path = saved(tmp_path, state, _use_new_zipfile_serialization=zipped)
    checkpoint = open_checkpoint(path)
    assert list(checkpoint.tensors) == list(state)
    assert same(state_for_torch(checkpoint, net.graph), state)


def test_safetensors(small, tmp_path):
    net, state = small
    save_file(state, tmp_path / "file.safetensors")
    assert same(state_for_torch(open_checkpoint(tmp_path / "file.safetensors"), net.graph), state)


def test_safetensors_needs_no_torch(small, tmp_path):
    save_file(small[1], tmp_path / "file.safetensors")
    code = (
        "import sys\nfrom archc.weights import open_checkpoint\n"
        "found = open_checkpoint(sys.argv[1])\n"
        "assert len(bytes(found.read('fc.bias'))) == 20\n"
        "assert 'torch' not in sys.modules"
    )
    path = str(tmp_path / "file.safetensors")
    subprocess.run([sys.executable, "-c", code, path], check=True)


def test_shards_with_an_index(small, tmp_path):
    net, state = small
    places = {key: f"part{number % 2}.safetensors" for number, key in enumerate(state)}
    for file in ("part0.safetensors", "part1.safetensors"):
        save_file({key: state[key] for key in state if places[key] == file}, tmp_path / file)
    index = tmp_path / "model.safetensors.index.json"
    index.write_text(json.dumps({"metadata": {}, "weight_map": places}))
    assert same(state_for_torch(open_checkpoint(index), net.graph), state)
    os.remove(tmp_path / "part1.safetensors")
    assert "there is no such file" in problem(index)


@pytest.mark.parametrize("name", ["../part.safetensors", "/etc/passwd", "", "..", "a\\b", 3])
def test_shards_stay_in_the_folder(tmp_path, name):
    index = tmp_path / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": {"x": name}}))
    assert "no file beside it" in problem(index)


@pytest.mark.parametrize("wrapper", ["state_dict", "model", "model_state_dict", "net", "params"])
def test_wrappers_are_opened_and_said(small, tmp_path, wrapper):
    net, state = small
    inner = {f"module._orig_mod.{key}": value for key, value in state.items()}
    best = torch.tensor(76.1)
    path = saved(tmp_path, {"epoch": 90, "best_acc1": best, wrapper: inner, "args": {"lr": 0.1}})
    checkpoint = open_checkpoint(path)
    assert f"`{wrapper}`" in checkpoint.notes[0]
    assert "`module._orig_mod.`" in checkpoint.notes[1]
    assert same(state_for_torch(checkpoint, net.graph), state)


def test_several_sets_are_not_guessed(small, tmp_path):
    state = small[1]
    optimizer = torch.optim.SGD([torch.zeros(2, requires_grad=True)], 0.1).state_dict()
    path = saved(tmp_path, {"model": state, "ema": {"module": state}, "optimizer": optimizer})
    assert "`model`, `ema.module`" in problem(path)
    assert len(open_checkpoint(path, "ema.module").tensors) == len(state)
    assert "no part `best`" in problem(path, "best")


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
@pytest.mark.parametrize("kind", ["pth", "safetensors"])
def test_other_floats_are_read_as_float32(small, tmp_path, dtype, kind):
    net, state = small
    state = {key: one.to(dtype) if one.is_floating_point() else one for key, one in state.items()}
    path = tmp_path / f"file.{kind}"
    save_file(state, path) if kind == "safetensors" else torch.save(state, path)
    checkpoint = open_checkpoint(path)
    assert fit(net.graph, checkpoint).notes
    read = state_for_torch(checkpoint, net.graph)
    assert read["fc.weight"].dtype == torch.float32
    assert torch.equal(read["fc.weight"].to(dtype), state["fc.weight"])


def test_every_kind_of_number_is_written_as_it_was_read(tmp_path):
    for word, dtype in DTYPES.items():
        tensor = torch.zeros(3, dtype=torch.uint8).repeat(8).view(getattr(torch, dtype))
        save_file({"x": tensor}, tmp_path / "a.safetensors")
        first = open_checkpoint(tmp_path / "a.safetensors")
        assert first.tensors["x"].dtype == dtype, word
        write_safetensors(str(tmp_path / "b.safetensors"), dict(first.tensors), first.read, {})
        second = open_checkpoint(tmp_path / "b.safetensors")
        assert bytes(second.read("x")) == bytes(first.read("x"))


# ---- what is refused -----------------------------------------------------------------------------


class Ran:
    def __reduce__(self):
        return os.mkdir, (os.environ["ARCHC_TEST_RAN"],)


@pytest.mark.parametrize("zipped", [True, False])
def test_a_pickle_is_never_executed(tmp_path, monkeypatch, zipped):
    ran = tmp_path / "ran"
    monkeypatch.setenv("ARCHC_TEST_RAN", str(ran))
    path = saved(tmp_path, {"x": Ran()}, _use_new_zipfile_serialization=zipped)
    assert "could run" in problem(path)
    assert not ran.exists()


@pytest.mark.parametrize("protocol", [0, 1, 4, 5])
def test_other_pickles_are_refused_in_our_own_words(tmp_path, protocol):
    path = tmp_path / "old.pth"
    path.write_bytes(pickle.dumps({"x": torch.nn.Linear(2, 2)}, protocol))
    said = problem(path)
    assert "weights_only" not in said and "\n" not in said
    assert str(path) in said


def test_what_is_no_state_dict(tmp_path):
    assert "Python objects" in problem(saved(tmp_path, torch.nn.Linear(2, 2)))
    for value in ([1, 2], {"epoch": 3}, {}, torch.zeros(3), {1: torch.zeros(3)}):
        assert "no state_dict" in problem(saved(tmp_path, value))
    optimizer = torch.optim.Adam([torch.zeros(2, requires_grad=True)])
    assert "no state_dict" in problem(saved(tmp_path, optimizer.state_dict()))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"just some text, not weights at all", "no file of weights"),
        (b"<!DOCTYPE html><html>", "a web page"),
        (b"version https://git-lfs.github.com/spec/v1\noid", "git lfs pull"),
        (b"\x89HDF\r\n\x1a\n" + bytes(100), "HDF5"),
        (b"GGUF" + bytes(100), "GGUF"),
        (b"PK\x03\x04" + bytes(100), "cut off"),
        (b"\x80\x02}q\x00.", "no"),
    ],
)
@pytest.mark.parametrize("name", ["file.pth", "file.safetensors"])
def test_files_that_are_something_else(tmp_path, content, said, name):
    path = tmp_path / name
    path.write_bytes(content)
    text = problem(path)
    assert said in text or (name.endswith("safetensors") and "no whole safetensors" in text)


@pytest.mark.parametrize("share", [0.01, 0.3, 0.9, 0.999])
@pytest.mark.parametrize("kind", ["zip", "old", "safetensors"])
def test_files_that_are_cut_off(tmp_path, share, kind):
    state = {f"layer{number}.weight": torch.zeros(20, 20) for number in range(9)}
    path = tmp_path / ("file.safetensors" if kind == "safetensors" else "file.pth")
    if kind == "safetensors":
        save_file(state, path)
    else:
        torch.save(state, path, _use_new_zipfile_serialization=kind == "zip")
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    text = problem(path)
    if kind == "safetensors":
        assert f"of {len(whole):,} bytes" in text or (share < 0.1 and "inside its header" in text)


@pytest.mark.parametrize(
    "header",
    [
        b"{",
        b"[]",
        b'{"x":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}',
        b'{"x":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}',
        b'{"x":{"dtype":"NEW","shape":[1],"data_offsets":[0,4]}}',
        b'{"x":{"dtype":"F32","shape":[9999999999999999999],"data_offsets":[0,4]}}',
        b"[" * 100_000,
    ],
)
def test_headers_that_lie(tmp_path, header):
    path = tmp_path / "file.safetensors"
    path.write_bytes(struct.pack("<Q", len(header)) + header + bytes(4))
    problem(path)
    path.write_bytes(struct.pack("<Q", 2**62) + header)
    problem(path)


def test_places_that_are_no_files(tmp_path):
    (tmp_path / "model.safetensors").write_bytes(b"x")
    assert "a folder; name a file in it: model.safetensors" in problem(tmp_path)
    assert "a device" in problem("/dev/null")
    assert "no such file" in problem(tmp_path / "none.pth")
    assert "no path" in problem("a\0b")


def test_without_torch(small, tmp_path, monkeypatch):
    path = saved(tmp_path, small[1])
    monkeypatch.setattr("archc.weights.pytorch.find_spec", lambda name: None)
    assert "pip install 'archc[torch]'" in problem(path)
