"""Netron draws a model: each node once, by its name, and each value's way.

Netron's pages come from its package on PyPI, and are shown by a Chromium without a window, which
reaches nothing but the server here.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import threading
from collections import Counter
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path

import onnx
import pytest

from archc.api import load
from archc.backends.onnx.build import Options
from archc.building.onnx import Wanted, model_of

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ALONE = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "--virtual-time-budget=10000"),
]
PAGES = Path(find_spec("netron").origin).parent

pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="there is no Chromium: apt-get install chromium"
)


class Pages(SimpleHTTPRequestHandler):
    """Netron's pages and one model.

    The first page asks nobody to accept cookies, nor to update a Netron of a certain age.
    """

    model = b""

    def __init__(self, *given):
        super().__init__(*given, directory=PAGES)

    def do_GET(self):
        if self.path.startswith("/model.onnx"):
            self.give(self.model, "application/octet-stream")
        elif self.path.startswith("/?"):
            page = (PAGES / "index.html").read_bytes()
            self.give(re.sub(rb'<meta name="date"[^>]*>', b"", page), "text/html")
        else:
            super().do_GET()

    def give(self, content, kind):
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Set-Cookie", "consent=1")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *given):
        pass


@pytest.fixture
def drawn(tmp_path):
    """What Netron shows of a model, as HTML."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    place = f"http://127.0.0.1:{server.server_port}"

    def drawing(path):
        Pages.model = path.read_bytes()
        done = subprocess.run(
            [
                *(CHROMIUM, *ALONE, f"--user-data-dir={tmp_path / 'profile'}"),
                *("--dump-dom", f"{place}/?url={place}/model.onnx"),
            ],
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        return done.stdout

    yield drawing
    server.shutdown()
    server.server_close()


def ways(model):
    """How often each value is read, as a result of the model too; weights go no way."""
    graph = model.graph
    moving = {name for node in graph.node for name in node.output}
    moving |= {graph.input[0].name}
    reads = [name for node in graph.node for name in node.input if name in moving]
    return Counter([*reads, *[one.name for one in graph.output]])


@pytest.mark.parametrize("functions", [False, True])
def test_nodes_and_edges(drawn, tmp_path, functions):
    path = tmp_path / "resnet.onnx"
    wanted = Wanted(Options(functions=functions))
    model_of(load("resnet_cifar.20").graph, wanted).write(str(path))
    model, page = onnx.load(path), drawn(path)
    nodes = re.findall(r'<g id="node-name-([^"]*)" class="node graph-node"', page)
    edges = re.findall(r'<path id="edge-([^"]*)" class="edge-path', page)
    assert Counter(nodes) == Counter([node.name for node in model.graph.node])
    assert Counter(edges) == ways(model)
    kinds = {node.op_type for node in model.graph.node}
    assert kinds <= set(re.findall(r">([A-Za-z_0-9]+)</text>", page))
