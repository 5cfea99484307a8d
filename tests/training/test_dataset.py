"""Labelled photos: read, seen, split."""

import json

import cv2
import numpy as np
import pytest

from skinimg.base.errors import PhotoError, StudyError
from skinimg.base.findings import MASK_FINDINGS
from skinimg.training.coco import find_coco, read_coco
from skinimg.training.dataset import Examples, load_example, read_dataset, split_by_subject
from skinimg.training.masks import read_mask
from tests.training.drawn_dataset import SPOTS, disc_mask, write_dataset, write_mask, write_photo

SPOT_MM2 = sum(np.pi * spot.radius_mm**2 for spot in SPOTS)
CHANNEL = MASK_FINDINGS.index("spots")


def area_mm2(example):
    return float(example.coverage[CHANNEL].sum()) * example.frame.mm_per_px**2


def test_masks_beside_photos(tmp_path):
    photos = read_dataset(write_dataset(tmp_path))
    assert [(p.subject, p.name, sorted(p.masks)) for p in photos] == [
        ("p0", "p0/cheek_closeup.png", ["spots"]),
        ("p1", "p1/cheek_closeup.png", ["spots"]),
    ]
    example = load_example(photos[0])
    assert example.labelled == ("spots",)
    assert example.coverage.shape == (5, *example.frame.skin.shape)
    assert area_mm2(example) == pytest.approx(SPOT_MM2, rel=0.01)
    assert not example.coverage[[k for k in range(5) if k != CHANNEL]].any()


def test_without_a_manifest_folders_are_people_and_names_give_the_view(tmp_path):
    for where, name in (("anna", "a_closeup"), ("anna", "b_closeup"), (".", "loose_closeup")):
        write_mask(write_photo(tmp_path / where, name), "spots", disc_mask(SPOTS))
    photos = {p.name: p for p in read_dataset(tmp_path)}
    assert {name: p.subject for name, p in photos.items()} == {
        "anna/a_closeup.png": "anna",
        "anna/b_closeup.png": "anna",
        "loose_closeup.png": "loose_closeup",
    }
    assert {p.entry.view for p in photos.values()} == {"closeup"}


def test_area_is_kept_when_a_fine_photo_is_shrunk(tmp_path):
    """30 px/mm: a line 1 px wide covers a third of a frame pixel, on average."""
    photo = write_photo(tmp_path, "fine_closeup", spots=())
    big = cv2.resize(cv2.imread(str(photo)), (900, 900), interpolation=cv2.INTER_CUBIC)
    cv2.imwrite(str(photo), big)
    lines = np.zeros((900, 900), np.uint8)
    lines[100:800, 100:800:50] = 255
    write_mask(photo, "spots", lines)
    (tmp_path / "manifest.csv").write_text(
        "subject,session,photo,view,mm_per_px\na,S1,fine_closeup.png,closeup,0.033333\n", encoding="utf-8"
    )
    example = load_example(read_dataset(tmp_path)[0])
    assert example.frame.skin.shape == (300, 300)
    assert area_mm2(example) == pytest.approx((lines > 0).sum() / 900, rel=0.01)


def test_a_face_photo_without_a_face_says_what_to_do(tmp_path):
    write_mask(write_photo(tmp_path, "front"), "spots", disc_mask(SPOTS))
    photos = read_dataset(tmp_path)
    with pytest.raises(PhotoError, match="view=closeup"):
        load_example(photos[0])
    examples = Examples(photos)
    assert list(examples) == []
    assert "face" in examples.skipped["front.png"]


def coco(folder, annotations, categories=("spots", "scars"), size=300):
    images = [{"id": 7, "file_name": "a_closeup.png", "width": size, "height": size}]
    content = {
        "images": images,
        "annotations": annotations,
        "categories": [{"id": k, "name": name} for k, name in enumerate(categories)],
    }
    (folder / "annotations.json").write_text(json.dumps(content), encoding="utf-8")


SQUARE = {"id": 1, "image_id": 7, "category_id": 0, "segmentation": [[100, 50, 180, 50, 180, 90.5, 100, 90.5]]}


def test_coco_polygons(tmp_path):
    write_photo(tmp_path, "a_closeup", spots=())
    (tmp_path / "manifest.csv").write_text(
        "subject,session,photo,view,mm_per_px\na,S1,a_closeup.png,closeup,0.1\n", encoding="utf-8"
    )
    coco(tmp_path, [SQUARE])
    example = load_example(read_dataset(tmp_path)[0])
    assert example.labelled == ("spots", "scars")  # declared but not drawn on = empty, not unknown
    mask = example.coverage[CHANNEL]
    assert mask.sum() == pytest.approx(80 * 40.5, rel=0.005)
    assert mask[50:90, 100:180].min() == 1
    assert mask[90, 100:180] == pytest.approx(np.full(80, 0.5), abs=0.13)
    assert not mask[:50].any()
    assert not mask[91:].any()
    assert not example.coverage[MASK_FINDINGS.index("scars")].any()


@pytest.mark.parametrize(
    ("annotation", "says"),
    [
        (SQUARE | {"iscrowd": 1}, "run-length"),
        (SQUARE | {"segmentation": {"counts": [1], "size": [300, 300]}}, "run-length"),
        (SQUARE | {"segmentation": []}, "only a box"),
        (SQUARE | {"segmentation": [[1, 2, 3, 4]]}, "three points"),
        (SQUARE | {"image_id": 8}, "does not list"),
    ],
)
def test_coco_that_cannot_be_used(tmp_path, annotation, says):
    write_photo(tmp_path, "a_closeup")
    coco(tmp_path, [annotation])
    with pytest.raises(StudyError, match=says):
        read_dataset(tmp_path)


def test_coco_of_windows_names_photos_by_its_own_paths(tmp_path):
    write_photo(tmp_path / "p", "a_closeup")
    coco(tmp_path, [SQUARE])
    listed = (tmp_path / "annotations.json").read_text().replace("a_closeup.png", r"D:\\\\skin\\\\a_closeup.png")
    (tmp_path / "annotations.json").write_text(listed)
    assert len(read_dataset(tmp_path)) == 1


def test_a_mask_with_another_sign_before_the_finding_is_no_photo(tmp_path):
    write_photo(tmp_path, "a_closeup").with_name("a_closeup_Spots.png").write_bytes(b"a mask")
    with pytest.raises(StudyError, match=r"a_closeup_Spots.png: a mask\? Then call it a_closeup.spots.png"):
        read_dataset(tmp_path)


@pytest.mark.parametrize("name", ["a_closeup_mask.png", "mask_a_closeup.png", "masks/a_closeup.png"])
def test_a_picture_called_a_mask_is_no_photo(tmp_path, name):
    write_photo(tmp_path, "a_closeup")
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_bytes(b"a mask")
    with pytest.raises(StudyError, match=rf"{name}: a mask\? Then call it PHOTO.FINDING.png"):
        read_dataset(tmp_path)


def test_a_mask_that_is_a_jpeg_by_another_name_is_refused(tmp_path):
    (tmp_path / "photo.spots.png").write_bytes(cv2.imencode(".jpg", disc_mask(SPOTS))[1].tobytes())
    with pytest.raises(StudyError, match=r"is no PNG inside .found JPEG"):
        read_mask(tmp_path / "photo.spots.png", disc_mask(SPOTS).shape)


def test_coco_lies_where_tools_export_it(tmp_path):
    write_photo(tmp_path / "images" / "default", "a_closeup")
    (tmp_path / "annotations").mkdir()
    coco(tmp_path / "annotations", [SQUARE])
    (tmp_path / "annotations" / "annotations.json").rename(tmp_path / "annotations" / "instances_default.json")
    (photo,) = read_dataset(tmp_path)
    assert sorted(photo.masks) == ["scars", "spots"]


LABELME = '{"version": "5.0.1", "flags": {}, "shapes": [{"label": "spots", "points": [[1, 2]]}], "imagePath": "a.png"}'
VOC_XML = "<annotation><filename>a_closeup.png</filename><object><name>spots</name></object></annotation>"
FOREIGN = {
    "LabelMe": ("p/a_closeup.json", LABELME),
    "VGG Image Annotator": ("via_project_1.json", '{"_via_settings": {}, "_via_img_metadata": {}}'),
    "Label Studio": ("export.json", '[{"annotations": [{"result": [{"from_name": "label"}]}]}]'),
    "GeoJSON": ("p0/a_closeup.geojson", '{"type": "FeatureCollection", "features": []}'),
    "Labelbox": ("export.ndjson", '{"data_row": {"id": "1"}, "projects": {}}\n'),
    "Supervisely": ("ann/a_closeup.png.json", '{"objects": [{"classTitle": "spots"}]}'),
    "Pascal VOC": ("Annotations/a_closeup.xml", VOC_XML),
    "CVAT": ("annotations.xml", '<?xml version="1.0"?>\n<annotations><version>1.1</version></annotations>'),
    "YOLO": ("labels/a_closeup.txt", "0 0.5 0.5 0.1 0.1\n1 0.25 0.25 0.1 0.2\n"),
    r"another form \(.txt\)": ("labels/a_closeup.txt", "spots: cheek, left"),
}


@pytest.mark.parametrize("kind", FOREIGN)
def test_labels_of_other_tools_are_named_once(tmp_path, kind):
    for k in range(3):
        write_photo(tmp_path / f"p{k}", "a_closeup", seed=k)
    file, text = FOREIGN[kind]
    (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / file).write_text(text, encoding="utf-8")
    with pytest.raises(
        StudyError, match=rf"1 thing to correct(.|\n)*without a mask that can be read: 3.*labels of {kind}.*COCO"
    ):
        read_dataset(tmp_path)


def test_coco_of_windows_begins_with_a_mark(tmp_path):
    coco(tmp_path, [])
    plain = (tmp_path / "annotations.json").read_bytes()
    (tmp_path / "annotations.json").write_bytes(b"\xef\xbb\xbf" + plain)
    assert find_coco(tmp_path) == tmp_path / "annotations.json"
    assert [image.file_name for image in read_coco(tmp_path / "annotations.json", [])]


def test_coco_categories_are_findings(tmp_path):
    write_photo(tmp_path, "a_closeup")
    coco(tmp_path, [SQUARE], categories=("spot",))
    with pytest.raises(StudyError, match="did you mean 'spots'"):
        read_dataset(tmp_path)


def test_a_synthetic_study_is_a_dataset(tmp_path):
    write_photo(tmp_path / "photos" / "P01", "S1_front")
    (tmp_path / "manifest.csv").write_text("subject,session,photo\nP01,S1,photos/P01/S1_front.png\n", encoding="utf-8")
    truth = tmp_path / "truth" / "P01" / "S1_front"
    truth.mkdir(parents=True)
    for finding in MASK_FINDINGS:
        cv2.imwrite(str(truth / f"{finding}.png"), disc_mask(SPOTS))
        cv2.imwrite(str(truth / f"{finding}_id.png"), disc_mask(SPOTS))
    (photo,) = read_dataset(tmp_path)
    assert sorted(photo.masks) == sorted(MASK_FINDINGS)


def test_the_split_divides_no_person(tmp_path):
    for k in range(20):
        write_mask(write_photo(tmp_path / f"p{k % 7}", f"{k}_closeup"), "spots", disc_mask(SPOTS))
    photos = read_dataset(tmp_path)
    training, validation = split_by_subject(photos, seed=3, validation_share=0.3)
    assert {p.name for p in training} | {p.name for p in validation} == {p.name for p in photos}
    assert not {p.subject for p in training} & {p.subject for p in validation}
    assert len({p.subject for p in validation}) == 2
    assert split_by_subject(photos[::-1], seed=3, validation_share=0.3)[1] == validation[::-1]
    assert any(split_by_subject(photos, seed=s, validation_share=0.3)[1] != validation for s in range(4, 9))


def test_one_person_cannot_be_split(tmp_path):
    photos = read_dataset(write_dataset(tmp_path, people=1))
    with pytest.raises(StudyError, match="no validation split"):
        split_by_subject(photos)


def _faint_disc(peak: int) -> np.ndarray:
    y, x = np.indices((200, 300))
    return np.rint(peak * np.clip((40 - np.hypot(y - 100, x - 150)) / 2, 0, 1)).astype(np.uint8)


@pytest.mark.parametrize("faint", [np.pad([[6]], 60).astype(np.uint8), _faint_disc(12)], ids=["one pixel", "soft edge"])
def test_a_finding_that_can_hardly_be_seen_is_a_share_of_its_pixels(faint, tmp_path):
    cv2.imwrite(str(tmp_path / "photo.scars.png"), faint)
    assert read_mask(tmp_path / "photo.scars.png", faint.shape).max() == pytest.approx(faint.max() / 255)


_DISC = disc_mask(SPOTS) // 255 * 3
_VOC = np.where(cv2.dilate(_DISC, np.ones((5, 5))) > _DISC, 255, _DISC).astype(np.uint8)  # its border is 255


@pytest.mark.parametrize("classes", [_DISC, np.ones((9, 9), np.uint8), _VOC], ids=["disc", "all", "Pascal VOC"])
def test_numbers_of_classes_are_no_shares(classes, tmp_path):
    cv2.imwrite(str(tmp_path / "photo.scars.png"), classes)
    with pytest.raises(StudyError, match="seems to number its classes"):
        read_mask(tmp_path / "photo.scars.png", classes.shape)
