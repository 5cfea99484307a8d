"""Nothing private gets out: no connection, no metadata of photos, no name of the machine's user, no trace after forget."""

import json
import shutil
import socket

import pandas as pd
import pytest
from PIL import Image

from skinimg import Options, analyze
from skinimg.base.errors import StudyError
from skinimg.base.log import check_log
from skinimg.run.forget import forget
from tests.drawn import SPOTS, save, skin_patch

SECRETS = (b"Dr. Secret", b"SERIAL-4711", b"MAKERNOTE-0815")


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """Two people whose photos say in EXIF who took them, with what, and where."""
    folder = tmp_path_factory.mktemp("clinic")
    rows = ["subject,session,photo,view,mm_per_px"]
    for seed, name in enumerate(("Annabella", "Bertrand")):
        for session in ("S1", "S2"):
            path = folder / name / f"{session}.png"
            save(skin_patch(SPOTS[:1], size_mm=20, seed=seed, noise_seed=int(session[1])), path)
            exif = Image.Exif()
            exif[0x013B], exif[0xA431] = "Dr. Secret", "SERIAL-4711"
            exif.get_ifd(0x8769)[0x927C] = b"MAKERNOTE-0815"
            exif.get_ifd(0x8825)[1] = "N"
            jpeg = path.with_suffix(".jpg")
            Image.open(path).save(jpeg, quality=98, subsampling=0, exif=exif)
            path.unlink()
            rows.append(f"{name},{session},{name}/{session}.jpg,closeup,0.1")
    (folder / "manifest.csv").write_text("\n".join(rows) + "\n")
    return folder / "manifest.csv"


@pytest.fixture(scope="module")
def results(study, tmp_path_factory):
    out = tmp_path_factory.mktemp("results")
    assert analyze(study, out).complete
    return out


def everything(out):
    return b"".join(bytes(path.relative_to(out)) + path.read_bytes() for path in out.rglob("*") if path.is_file())


def test_the_network_is_shut():
    with socket.socket() as plug, pytest.raises(AssertionError, match=r"connection to 192\.0\.2\.1"):
        plug.connect(("192.0.2.1", 80))  # TEST-NET-1 of RFC 5737


def test_no_metadata_and_no_path_gets_out(study, results):
    written = everything(results)
    assert b"Annabella" in written  # the search finds what is there
    for secret in (*SECRETS, b"Exif\0\0", bytes(study.parent), bytes(results)):
        assert secret not in written


def test_pseudonyms_leave_no_name(study, tmp_path):
    (tmp_path / "key").write_text("0123456789abcdef0123")
    out = tmp_path / "out"
    assert analyze(study, out, Options(key=tmp_path / "key")).complete
    written = everything(out)
    for name in (b"Annabella", b"Bertrand", b"0123456789abcdef0123"):
        assert name not in written


def test_a_forgotten_person_leaves_no_trace(results, tmp_path):
    out = tmp_path / "out"
    shutil.copytree(results, out)  # what others look at stays
    photos = pd.read_csv(out / "photos.csv")
    hashes = photos.loc[photos["subject"] == "Annabella", "sha256"]
    others = photos[photos["subject"] == "Bertrand"]
    forget("Annabella", out)
    written = everything(out)
    assert b"Annabella" not in written
    assert not any(value.encode() in written for value in hashes)
    left = pd.read_csv(out / "photos.csv")
    pd.testing.assert_frame_equal(left, others.reset_index(drop=True), check_dtype=False)  # a column of 1 alone is int
    assert list(json.loads((out / "run.json").read_text())["input_sha256"]) == list(others["photo"])
    assert check_log(out)[-1]["action"] == "forget"
    with pytest.raises(StudyError, match="not in"):
        forget("Annabella", out)
