"""What vouches for an outcome: it must change with everything that computes, and with nothing else."""

from skinimg.base.provenance import code_sha256, versions


def laid(folder):
    (folder / "measure").mkdir(parents=True)
    (folder / "measure" / "spots.py").write_text("AREA = 1.0\n")
    (folder / "words.toml").write_text('found = "found"\n')
    return folder


def test_the_same_code_in_another_folder_is_the_same_code(tmp_path):
    one, other = laid(tmp_path / "one"), laid(tmp_path / "other")
    (other / "measure" / "__pycache__").mkdir()
    (other / "measure" / "__pycache__" / "spots.cpython-311.pyc").write_bytes(b"compiled")
    (other / ".DS_Store").write_bytes(b"seen by a Mac")
    assert code_sha256(one) == code_sha256(other)


def test_one_changed_letter_is_another_code(tmp_path):
    package, card = laid(tmp_path / "package"), tmp_path / "face.json"
    card.write_text("{}")
    seen = {code_sha256(package, card)}
    (package / "measure" / "spots.py").write_text("AREA = 2.0\n")
    seen.add(code_sha256(package, card))
    (package / "measure" / "spots.py").rename(package / "measure" / "marks.py")
    seen.add(code_sha256(package, card))
    card.write_text('{"sha256": "other tensors"}')
    seen.add(code_sha256(package, card))
    assert len(seen) == 4


def test_the_code_is_one_of_the_versions():
    assert len(versions()["skinimg code"]) == 16
