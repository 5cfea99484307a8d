"""A repeat shot that is a copy of another one's file says nothing new, neither of a change nor of a score."""

from types import SimpleNamespace

from skinimg import pipeline
from skinimg.base.settings import Settings


def shot(sha256):
    return SimpleNamespace(seen=SimpleNamespace(sha256=sha256), entry=None)


def test_a_clinical_score_counts_each_file_once(monkeypatch):
    asked = []
    monkeypatch.setattr(pipeline, "estimates", lambda cells, *_: asked.append(cells) or ())
    monkeypatch.setattr(pipeline, "obstacles", lambda shots, cells: {})
    monkeypatch.setattr(pipeline, "tone_of", lambda _: "light")
    frame = SimpleNamespace(native_px_per_mm=9.0, regions=())
    first = SimpleNamespace(seen=SimpleNamespace(face="face", frame=frame, maps=SimpleNamespace(anchor=None)))
    segmenter = SimpleNamespace(noise=SimpleNamespace(of=lambda *_: {}))
    shots = [shot("a"), shot("b"), shot("a")]
    equipment = pipeline.Equipment(segmenter, Settings())
    pipeline._estimate(shots, ["one", "two", "copy"], first, equipment, pipeline.Notes())
    assert asked == [["one", "two"]]
