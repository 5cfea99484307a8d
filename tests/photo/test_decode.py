"""Photos of every kind in, one kind of array out; and everything that is not a photo refused by name."""

import hashlib
import io
import struct
import warnings
import zlib
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
import pillow_heif
import pytest
import tifffile
from PIL import Image, ImageCms, ImageDraw

from skinimg.base.errors import PhotoError
from skinimg.photo import colour, icc
from skinimg.photo.damage import MOST_SEAM, refuse_torn_blocks, refuse_torn_rows, seam
from skinimg.photo.decode import read_photo, whole_jpeg
from skinimg.photo.header import read_header
from skinimg.study import read_study
from skinimg.study.check import check_study

pillow_heif.register_heif_opener(thumbnails=False)

SRGB_ICC = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
PRIMARIES = {
    "Display P3": [(0.680, 0.320), (0.265, 0.690), (0.150, 0.060)],
    "Adobe RGB (1998)": [(0.64, 0.33), (0.21, 0.71), (0.15, 0.06)],
    "sRGB": [(0.64, 0.33), (0.30, 0.60), (0.15, 0.06)],
}
GAMMA_22 = b"curv" + bytes(4) + struct.pack(">IH", 1, round(563 / 256 * 256))
SRGB_PARA = b"para" + bytes(4) + struct.pack(">HH5i", 3, 0, *(round(v * 65536) for v in
                                            (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)))  # fmt: skip


def _pack_profile(space: bytes, tags: dict[bytes, bytes], pcs: bytes = b"XYZ ") -> bytes:
    """A minimal version-2 ICC profile."""
    body, table, start = b"", b"", 128 + 4 + 12 * len(tags)
    for signature, data in tags.items():
        data += bytes(-len(data) % 4)
        table += struct.pack(">4sII", signature, start + len(body), len(data))
        body += data
    size = start + len(body)
    header = struct.pack(">I4sI4s4s4s", size, bytes(4), 0x02400000, b"mntr", space, pcs) + bytes(12) + b"acsp"
    header += bytes(28) + struct.pack(">3i", *(round(v * 65536) for v in (0.9642, 1.0, 0.8249)))
    return header + bytes(128 - len(header)) + struct.pack(">I", len(tags)) + table + body


def _describe(name: str) -> bytes:
    text = name.encode() + b"\0"
    return b"desc" + bytes(4) + struct.pack(">I", len(text)) + text + bytes(78)


def _xyz(values) -> bytes:
    return b"XYZ " + bytes(4) + struct.pack(">3i", *(round(v * 65536) for v in values))


def make_profile(name: str, curve: bytes) -> bytes:
    xyz = np.array([[x / y, 1, (1 - x - y) / y] for x, y in PRIMARIES[name]]).T
    xyz = icc.adaptation(colour.WHITE_D65, icc.WHITE_D50) @ (xyz * np.linalg.solve(xyz, colour.WHITE_D65))
    tags = {b"desc": _describe(name), b"wtpt": _xyz(icc.WHITE_D50), b"cprt": b"text" + bytes(4) + b"none\0"}
    for k, channel in enumerate(b"rgb"):
        tags[bytes([channel]) + b"XYZ"], tags[bytes([channel]) + b"TRC"] = _xyz(xyz[:, k]), curve
    return _pack_profile(b"RGB ", tags)


def make_grey_profile() -> bytes:
    return _pack_profile(b"GRAY", {b"desc": _describe("Grey 2.2"), b"wtpt": _xyz(icc.WHITE_D50), b"kTRC": GAMMA_22})


def make_table_profile() -> bytes:
    """sRGB as a colour table of 17 nodes (lut8Type) without matrix and curves."""
    nodes = np.linspace(0, 1, 17)
    rgb = np.stack(np.meshgrid(nodes, nodes, nodes, indexing="ij"), axis=-1).reshape(-1, 3)
    lab = colour.linear_to_lab(colour.srgb_to_linear(rgb))
    codes = np.clip(np.rint(lab * [2.55, 1, 1] + [0, 128, 128]), 0, 255).astype(np.uint8)
    ramp = bytes(range(256)) * 3
    matrix = struct.pack(">9i", *(65536 * np.eye(3, dtype=int)).ravel())
    table = b"mft1" + bytes(4) + bytes([3, 3, 17, 0]) + matrix + ramp + codes.tobytes() + ramp
    tags = {b"desc": _describe("Table"), b"wtpt": _xyz(icc.WHITE_D50), b"A2B0": table}
    return _pack_profile(b"RGB ", tags, b"Lab ")


@pytest.fixture
def picture():
    """(48, 64, 3) uint8 with four different corners; smooth, so that lossy formats keep it."""
    y, x = np.mgrid[:48, :64]
    return np.stack([40 + 3 * x, 30 + 4 * y, 200 - x - y], axis=-1).astype(np.uint8)


def save(array, path, **options):
    Image.fromarray(array).save(path, **options)
    return path


@pytest.mark.parametrize(
    "name, options, tolerance",
    [
        ("a.png", {}, 0),
        ("a.tif", {}, 0),
        ("a.tiff", {"compression": "tiff_lzw"}, 0),
        ("a.webp", {"lossless": True}, 0),
        ("a.jpg", {"quality": 98, "subsampling": 0}, 4),
        ("a.heic", {"quality": 100, "chroma": 444}, 4),
        ("wrong-extension.jpg", {"format": "PNG"}, 0),
        ("no extension", {"format": "TIFF"}, 0),
        ("Ünïcode фото 写真.png", {}, 0),
    ],
)
def test_formats(tmp_path, picture, name, options, tolerance):
    path = save(picture, tmp_path / name, **options)
    photo = read_photo(path)
    assert photo.linear.shape == (48, 64, 3)
    assert photo.linear.dtype == np.float32
    assert photo.linear.flags.c_contiguous
    assert photo.profile == "sRGB (assumed)"
    assert photo.bits == 8
    assert photo.date == ""
    assert photo.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    difference = colour.linear_to_srgb8(photo.linear).astype(int) - picture
    assert np.abs(difference).max() <= tolerance


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
@pytest.mark.parametrize("alpha", [False, True])
def test_16_bits_keep_their_precision(tmp_path, name, alpha):
    codes = np.linspace(1000, 60000, 40 * 50 * 3).reshape(40, 50, 3).astype(np.uint16)
    bgr = codes[..., ::-1]
    if alpha:
        bgr = np.dstack([bgr, np.full((40, 50), 65535, np.uint16)])
    cv2.imwrite(str(tmp_path / name), bgr)
    photo = read_photo(tmp_path / name)
    assert photo.bits == 16
    np.testing.assert_allclose(photo.linear, colour.srgb_to_linear(codes), atol=1e-7)


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
def test_16_bit_grey(tmp_path, name):
    codes = np.linspace(0, 65535, 40 * 50).reshape(40, 50).astype(np.uint16)
    cv2.imwrite(str(tmp_path / name), codes)
    photo = read_photo(tmp_path / name)
    assert photo.bits == 16
    assert photo.profile == "sRGB (assumed), grey"
    np.testing.assert_allclose(photo.linear[..., 1], colour.srgb_to_linear(codes), atol=1e-6)
    assert np.ptp(photo.linear, axis=-1).max() == 0


def test_heic_of_10_bits(tmp_path):
    codes = np.linspace(1000, 60000, 64 * 64 * 3).reshape(64, 64, 3).astype(np.uint16)
    file = pillow_heif.from_bytes("RGB;16", (64, 64), codes.tobytes())
    file.save(tmp_path / "a.heic", quality=-1, chroma=444)
    photo = read_photo(tmp_path / "a.heic")
    assert photo.bits > 8
    assert np.abs(colour.linear_to_srgb(photo.linear) - codes / 65535).max() < 0.004


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.webp", "a.tif"])
def test_orientation(tmp_path, picture, name, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = save(picture, tmp_path / name, exif=exif, quality=98, lossless=True)
    upright = {
        1: picture,
        2: picture[:, ::-1],
        3: picture[::-1, ::-1],
        4: picture[::-1],
        5: picture.transpose(1, 0, 2),
        6: np.rot90(picture, -1),
        7: picture.transpose(1, 0, 2)[::-1, ::-1],
        8: np.rot90(picture),
    }[orientation]
    photo = read_photo(path)
    header = read_header(path)
    assert photo.linear.shape == upright.shape == (header.height, header.width, 3)
    assert np.abs(colour.linear_to_srgb8(photo.linear).astype(int) - upright).max() <= 6


def test_orientation_of_heic(tmp_path, picture):
    # HEIC stores the turn beside EXIF and decoders apply it; EXIF must not turn the picture a second time.
    image = Image.fromarray(picture)
    image.getexif()[0x0112] = 6
    image.save(tmp_path / "a.heic", quality=100, chroma=444)
    photo = read_photo(tmp_path / "a.heic")
    assert photo.linear.shape == (64, 48, 3)
    assert np.abs(colour.linear_to_srgb8(photo.linear).astype(int) - np.rot90(picture, -1)).max() <= 6


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_orientation_of_16_bit_tiff(tmp_path, orientation):
    codes = np.linspace(0, 65535, 40 * 50 * 3).reshape(40, 50, 3).astype(np.uint16)
    path = tmp_path / "a.tif"
    entries = [(256, 4, 1, 50), (257, 4, 1, 40), (258, 3, 3, 122), (259, 3, 1, 1), (262, 3, 1, 2), (273, 4, 1, 128),
               (274, 3, 1, orientation), (277, 3, 1, 3), (279, 4, 1, codes.nbytes)]  # fmt: skip
    head = struct.pack("<2sHIH", b"II", 42, 8, len(entries)) + b"".join(struct.pack("<HHII", *e) for e in entries)
    path.write_bytes(head + bytes(4) + struct.pack("<3H", 16, 16, 16) + codes.astype("<u2").tobytes())
    upright = np.rot90(codes, {1: 0, 3: 2, 6: -1, 8: 1}[orientation])
    np.testing.assert_allclose(read_photo(path).linear, colour.srgb_to_linear(upright), atol=1e-7)


@pytest.mark.parametrize(
    "name, curve", [("sRGB", SRGB_PARA), ("Display P3", SRGB_PARA), ("Adobe RGB (1998)", GAMMA_22), ("sRGB", GAMMA_22)]
)
def test_profiles_agree_with_little_cms(tmp_path, name, curve):
    codes = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    profile = make_profile(name, curve)
    path = save(codes, tmp_path / "a.png", icc_profile=profile)
    reference = ImageCms.profileToProfile(
        Image.fromarray(codes),
        ImageCms.ImageCmsProfile(io.BytesIO(profile)),
        ImageCms.createProfile("sRGB"),
        ImageCms.Intent.RELATIVE_COLORIMETRIC,
    )
    photo = read_photo(path)
    assert photo.profile == name
    difference = np.abs(colour.linear_to_srgb8(photo.linear).astype(int) - np.asarray(reference))
    # In the linear foot of the curve Little CMS' own 8-bit path is coarse: two codes there, one elsewhere.
    assert difference.max() <= 2
    assert difference.mean() < 0.15


def test_wide_gamut_is_kept(tmp_path):
    green = np.zeros((40, 40, 3), np.uint8)
    green[..., 1] = 255
    path = save(green, tmp_path / "a.png", icc_profile=make_profile("Display P3", SRGB_PARA))
    np.testing.assert_allclose(read_photo(path).linear[0, 0], icc.DISPLAY_P3.matrix[:, 1], atol=2e-3)
    assert read_photo(path).linear[0, 0, 0] < -0.2


def test_an_srgb_profile_changes_nothing(tmp_path, picture):
    tagged = read_photo(save(picture, tmp_path / "a.png", icc_profile=SRGB_ICC))
    np.testing.assert_array_equal(tagged.linear, read_photo(save(picture, tmp_path / "b.png")).linear)
    assert "sRGB" in tagged.profile
    assert "assumed" not in tagged.profile


def test_profile_of_16_bits_is_applied_in_16_bits(tmp_path):
    codes = np.random.default_rng(0).integers(0, 65536, (40, 40, 3), dtype=np.uint16)
    linear = icc.to_linear(codes, icc.read_profile(make_profile("Adobe RGB (1998)", GAMMA_22)))
    expected = (codes / 65535) ** (563 / 256) @ icc.ADOBE_RGB.matrix.T
    np.testing.assert_allclose(linear, expected, atol=1e-4)


@pytest.mark.parametrize(
    "curve",
    [
        b"curv" + bytes(4) + struct.pack(">IH", 1, 65535),
        b"para" + bytes(4) + struct.pack(">HH5i", 3, 0, 2**30, 2**30, 0, 0, 0),
        b"para" + bytes(4) + struct.pack(">HHi", 9, 0, 65536),
        b"curv" + bytes(4) + struct.pack(">I3H", 3, 65535, 20000, 0),
        b"curv" + bytes(4) + struct.pack(">I", 2**31),
        b"what" + bytes(12),
    ],
)
def test_senseless_tone_curves_are_refused(tmp_path, picture, curve):
    path = save(picture, tmp_path / "a.png", icc_profile=make_profile("sRGB", curve))
    with pytest.raises(PhotoError, match=r"colour profile of .*a\.png cannot be used"):
        read_photo(path)


@pytest.mark.parametrize(
    "kind, values",
    [(0, [2.0]), (1, [2.0, 0.8, 0.2]), (2, [2.0, 0.6, 0.2, 0.1]), (4, [2.0, 0.8, 0.2, 0.5, 0.1, 0.0, 0.01])],
)
def test_parametric_curves_agree_with_little_cms(tmp_path, kind, values):
    numbers = [round(v * 65536) for v in values]
    profile = make_profile("sRGB", b"para" + bytes(4) + struct.pack(f">HH{len(values)}i", kind, 0, *numbers))
    grey = np.repeat(np.arange(40, 256, dtype=np.uint8)[:, None, None], 3, axis=2).repeat(40, axis=1)
    reference = ImageCms.profileToProfile(
        Image.fromarray(grey),
        ImageCms.ImageCmsProfile(io.BytesIO(profile)),
        ImageCms.createProfile("sRGB"),
        ImageCms.Intent.RELATIVE_COLORIMETRIC,
    )
    linear = read_photo(save(grey, tmp_path / "a.png", icc_profile=profile)).linear
    assert np.abs(colour.linear_to_srgb8(linear).astype(int) - np.asarray(reference)).max() <= 2


def test_table_profile_goes_through_the_engine_and_says_so(tmp_path, picture):
    path = save(picture, tmp_path / "a.png", icc_profile=make_table_profile())
    photo = read_photo(path)
    assert photo.profile == "Table (colour table, applied in 8 bits)"
    assert np.abs(colour.linear_to_srgb8(photo.linear).astype(int) - picture).mean() < 4


def test_adobe_rgb_told_in_exif_only(tmp_path, picture):
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0xA001] = 0xFFFF
    exif.get_ifd(0x8769)[0xA005] = {1: "R03"}
    photo = read_photo(save(picture, tmp_path / "a.jpg", exif=exif, quality=98))
    assert photo.profile == "Adobe RGB (1998)"


def test_grey_photos(tmp_path, picture):
    plain = read_photo(save(picture[..., 0], tmp_path / "a.png"))
    assert plain.profile == "sRGB (assumed), grey"
    np.testing.assert_allclose(plain.linear, colour.srgb_to_linear(np.repeat(picture[..., :1], 3, axis=-1)), atol=1e-6)
    tagged = read_photo(save(picture[..., 0], tmp_path / "b.png", icc_profile=make_grey_profile()))
    assert tagged.profile == "Grey 2.2"
    np.testing.assert_allclose(tagged.linear[..., 2], (picture[..., 0] / 255) ** (563 / 256), atol=1e-5)


@pytest.mark.parametrize(
    "text, expected", [("2024:01:05 10:11:12", "2024-01-05"), ("0000:00:00 00:00:00", ""), ("?", "")]
)
def test_date_of_capture(tmp_path, picture, text, expected):
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9003] = text
    exif[0x0132] = "2030:01:01 00:00:00"  # when it was edited: not a date of capture
    assert read_photo(save(picture, tmp_path / "a.jpg", exif=exif)).date == expected


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.tif", "a.webp"])
def test_name_of_the_camera(tmp_path, picture, name):
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = "Maker\0", " Phone 7 "
    assert read_photo(save(picture, tmp_path / name, exif=exif)).camera == "Maker Phone 7"
    assert read_photo(save(picture, tmp_path / f"no_{name}")).camera == ""


def test_main_picture_of_a_phones_jpeg(tmp_path, picture):
    first, second = Image.fromarray(picture), Image.fromarray(picture[::-1])
    first.save(tmp_path / "a.jpg", "MPO", save_all=True, append_images=[second], quality=98, subsampling=0)
    with Image.open(tmp_path / "a.jpg") as image:
        assert image.n_frames == 2
    difference = colour.linear_to_srgb8(read_photo(tmp_path / "a.jpg").linear).astype(int) - picture
    assert np.abs(difference).max() <= 4


def test_opaque_alpha_is_dropped_and_transparency_refused(tmp_path, picture):
    opaque = np.dstack([picture, np.full(picture.shape[:2], 255, np.uint8)])
    assert read_photo(save(opaque, tmp_path / "a.png")).linear.shape == (48, 64, 3)
    opaque[:12, :, 3] = 100
    with pytest.raises(PhotoError, match=r"b.png has transparent pixels \(found 25.0 %"):
        read_photo(save(opaque, tmp_path / "b.png"))


def _write(path, data):
    path.write_bytes(data)
    return path


def _save_many(path, picture):
    Image.fromarray(picture).save(path, save_all=True, append_images=[Image.fromarray(picture[::-1])])
    return path


def _png_claiming(path, side):
    """A few bytes that say they are a picture of side x side pixels."""
    data = b"\x89PNG\r\n\x1a\n"
    for chunk in (b"IHDR" + struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0), b"IDAT" + zlib.compress(bytes(99))):
        data += struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
    return _write(path, data)


BAD = {
    "empty": (lambda f, p: _write(f / "a.jpg", b""), "a.jpg is empty"),
    "text": (lambda f, p: _write(f / "a.jpg", b"this is not a photo" * 9), "not a photo that can be read"),
    "gif": (lambda f, p: save(p, f / "a.gif"), "not a photo that can be read"),
    "folder": (lambda f, p: f, "is a folder"),
    "absent": (lambda f, p: f / "nowhere.jpg", "cannot be opened"),
    "one pixel": (lambda f, p: save(p[:1, :1], f / "a.png"), "found 1 x 1 pixels, needs at least 32"),
    "cmyk": (lambda f, p: _cmyk(f / "a.jpg", p), "found CMYK"),
    "palette": (lambda f, p: _converted(f / "a.png", p, "P"), "found a palette"),
    "black and white": (lambda f, p: _converted(f / "a.png", p, "1"), "found black and white"),
    "float": (lambda f, p: _converted(f / "a.tif", p, "F"), "found F"),
    "lab": (lambda f, p: _converted(f / "a.tif", p, "LAB"), "found LAB"),
    "animated png": (lambda f, p: _save_many(f / "a.png", p), "2 pages or animation frames"),
    "animated webp": (lambda f, p: _save_many(f / "a.webp", p), "2 pages or animation frames"),
    "pages": (lambda f, p: _save_many(f / "a.tif", p), "2 pages or animation frames"),
    "bomb": (lambda f, p: _png_claiming(f / "a.png", 60000), "60000 x 60000 = 3600 megapixels, needs at most 200"),
    "damaged profile": (lambda f, p: save(p, f / "a.png", icc_profile=b"rubbish" * 30), "profile of .* cannot be used"),
    "grey profile": (lambda f, p: save(p, f / "a.png", icc_profile=make_grey_profile()), "a grey profile on a colour"),
}


def _cmyk(path, picture):
    Image.fromarray(picture).convert("CMYK").save(path)
    return path


def _converted(path, picture, mode):
    source = Image.fromarray(picture)
    if mode == "LAB":
        lab = ImageCms.createProfile("LAB")
        source = ImageCms.profileToProfile(source, ImageCms.createProfile("sRGB"), lab, outputMode="LAB")
    (source.convert(mode) if mode != "LAB" else source).save(path)
    return path


@pytest.mark.parametrize("name", BAD)
def test_bad_photos_are_refused_by_name(tmp_path, picture, name):
    make, message = BAD[name]
    path = make(tmp_path, picture)
    with pytest.raises(PhotoError, match=message) as caught:
        read_photo(path)
    assert path.name in str(caught.value)


@pytest.mark.parametrize("name", ["absent", "folder", "empty", "text", "bomb", "cmyk"])
def test_bad_headers_are_refused_by_name(tmp_path, picture, name):
    make, message = BAD[name]
    with pytest.raises(PhotoError, match=message):
        read_header(make(tmp_path, picture))


def test_unreadable_file(tmp_path, picture, monkeypatch):
    path = save(picture, tmp_path / "a.png")

    def deny(self, *arguments, **options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", deny)  # the superuser, as whom tests may run, is denied nothing
    monkeypatch.setattr(Path, "read_bytes", deny)
    for read in (read_photo, read_header):
        with pytest.raises(PhotoError, match=r"a\.png cannot be opened .found Permission denied"):
            read(path)


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.tif", "a.webp", "a.heic"])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_truncated_files(tmp_path, name, share):
    noise = np.random.default_rng(0).integers(0, 256, (200, 200, 3), dtype=np.uint8)
    path = save(noise, tmp_path / name)
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])
    with pytest.raises(PhotoError, match=name):
        read_photo(path)


def test_truncated_16_bit_png_is_refused_in_silence(tmp_path, capfd):
    cv2.imwrite(str(tmp_path / "a.png"), np.random.default_rng(0).integers(0, 65536, (99, 99, 3), dtype=np.uint16))
    path = tmp_path / "a.png"
    path.write_bytes(path.read_bytes()[:9000])
    with pytest.raises(PhotoError, match="truncated"):
        read_photo(path)
    assert capfd.readouterr() == ("", "")


def test_the_limit_is_the_users(tmp_path, picture):
    path = save(picture, tmp_path / "a.png")
    with pytest.raises(PhotoError, match=r"needs at most 0\.001"):
        read_photo(path, max_megapixels=0.001)
    limit = Image.MAX_IMAGE_PIXELS
    # 196 megapixels: Pillow alone would refuse it.
    assert read_header(_png_claiming(tmp_path / "big.png", 14000)).width == 14000
    assert limit == Image.MAX_IMAGE_PIXELS


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.tif", "a.webp", "a.heic"])
def test_damaged_bytes_give_a_photo_or_a_photo_error(tmp_path, picture, name):
    path = save(picture, tmp_path / name, icc_profile=SRGB_ICC)
    good = path.read_bytes()
    random = np.random.default_rng(0)
    refused = 0
    for _ in range(60):
        data = bytearray(good)
        for place in random.integers(0, len(data) if random.random() < 0.5 else min(200, len(data)), 4):
            data[place] = random.integers(0, 256)
        path.write_bytes(data)
        try:
            assert read_photo(path).linear.ndim == 3
        except PhotoError:
            refused += 1
    assert refused > 0


def test_no_warning_leaves(tmp_path, picture):
    exif = b"Exif\0\0II*\0" + struct.pack("<IHHHII", 8, 1, 0x0112, 3, 99999, 7)
    path = save(picture, tmp_path / "a.jpg", exif=exif)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read_photo(path)


def test_real_close_ups_agree_with_little_cms(shared_data):
    path = shared_data / "closeups" / "p2" / "2-1015-2022-134126.jpg"
    image = Image.open(path)
    profile = ImageCms.ImageCmsProfile(io.BytesIO(image.info["icc_profile"]))
    reference = np.asarray(
        ImageCms.profileToProfile(image, profile, ImageCms.createProfile("sRGB"), ImageCms.Intent.RELATIVE_COLORIMETRIC)
    )
    photo = read_photo(path)
    assert photo.profile == "Display P3"
    difference = np.abs(colour.linear_to_srgb8(photo.linear).astype(int) - reference)
    assert difference.max() <= 2
    assert difference.mean() < 0.05


def _smooth_jpeg(size=(400, 300)):
    """A photo-like picture: soft shapes and a little grain."""
    rng = np.random.default_rng(3)
    y, x = np.mgrid[: size[1], : size[0]]
    shape = 120 + 60 * np.sin(x / 60) + 40 * np.cos(y / 45)
    grain = rng.normal(0, 3, (*shape.shape, 3))
    buffer = BytesIO()
    Image.fromarray(np.clip(shape[..., None] * (1, 0.8, 0.7) + grain, 0, 255).astype(np.uint8)).save(
        buffer, "JPEG", quality=92
    )
    return buffer.getvalue()


def test_a_jpeg_that_libjpeg_warns_of_is_refused(tmp_path):
    whole = _smooth_jpeg()
    cut = whole[: len(whole) * 2 // 3] + b"\xff\xd9"  # an end behind a cut, as a repair tool writes it
    hole = whole[: len(whole) // 2] + bytes(400) + whole[len(whole) // 2 + 400 :]
    for name, data in (("cut", cut), ("hole", hole)):
        (tmp_path / f"{name}.jpg").write_bytes(data)
        with pytest.raises(PhotoError, match="damaged or truncated"):
            read_photo(tmp_path / f"{name}.jpg")


def test_rows_that_do_not_join_are_damage(tmp_path):
    whole = np.asarray(Image.open(BytesIO(_smooth_jpeg())))
    assert seam(whole) < MOST_SEAM
    broken = whole.copy()
    broken[160:] = np.roll(broken[160:] // 2, 40, axis=1)  # what a decoder gives behind a lost step of brightness
    assert seam(broken) > MOST_SEAM


def test_most_flipped_bytes_are_seen():
    whole, rng = _smooth_jpeg(), np.random.default_rng(0)
    start = whole.index(b"\xff\xda") + 14
    clean, refused, changed = np.asarray(Image.open(BytesIO(whole))).astype(int), 0, 0
    for place in rng.integers(start, len(whole) - 40, 40):
        data = bytearray(whole)
        data[place : place + 6] = bytes(b ^ 0x5A for b in data[place : place + 6])
        try:
            codes = whole_jpeg(bytes(data), grey=False)
        except ValueError:
            refused, changed = refused + 1, changed + 1
            continue
        changed += bool((np.abs(codes.astype(int) - clean).max(axis=2) > 12).mean() > 0.02)
    assert refused / changed > 0.8


@pytest.mark.parametrize("primaries, curve, name", [(12, 13, "Display P3"), (1, 13, "sRGB"), (9, 16, ""), (9, 13, "")])
def test_a_png_names_its_colours(tmp_path, primaries, curve, name):
    buffer = BytesIO()
    Image.new("RGB", (40, 40), (200, 120, 90)).save(buffer, "PNG")
    data, body = buffer.getvalue(), b"cICP" + bytes((primaries, curve, 0, 1))
    chunk = (4).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big")
    (tmp_path / "a.png").write_bytes(data[:33] + chunk + data[33:])
    if name:
        assert name in read_photo(tmp_path / "a.png").profile
    else:
        with pytest.raises(PhotoError, match=r"HDR|not known"):
            read_photo(tmp_path / "a.png")


def test_small_copies_in_a_tiff_are_no_second_photo(tmp_path):
    pixels = np.full((64, 64, 3), 90, np.uint8)
    with tifffile.TiffWriter(tmp_path / "copy.tif") as tiff:
        tiff.write(pixels, photometric="rgb")
        tiff.write(pixels[::2, ::2], photometric="rgb", subfiletype=1)
    assert read_photo(tmp_path / "copy.tif").linear.shape == (64, 64, 3)
    with tifffile.TiffWriter(tmp_path / "two.tif") as tiff:
        tiff.write(pixels, photometric="rgb")
        tiff.write(pixels, photometric="rgb")
    with pytest.raises(PhotoError, match="several pictures"):
        read_photo(tmp_path / "two.tif")


def test_deep_planes_are_refused_by_name(tmp_path):
    planes = np.zeros((3, 64, 64), np.uint16)
    tifffile.imwrite(tmp_path / "a.tif", planes, photometric="rgb", planarconfig="separate")
    with pytest.raises(PhotoError, match="separate planes"):
        read_photo(tmp_path / "a.tif")


@pytest.mark.parametrize("layout", [{"rowsperstrip": 7}, {"tile": (16, 16)}, {"planarconfig": "separate"}])
def test_a_tiff_without_strips_for_all_rows_is_refused(tmp_path, layout):
    """Found by the fuzzer: Pillow leaves black what no strip holds."""
    shape = (3, 64, 64) if "planarconfig" in layout else (64, 64, 3)
    tifffile.imwrite(tmp_path / "a.tif", np.full(shape, 128, np.uint8), photometric="rgb", **layout)
    assert read_photo(tmp_path / "a.tif").linear.shape == (64, 64, 3)
    with tifffile.TiffFile(tmp_path / "a.tif", mode="r+b") as file:
        file.pages[0].tags["ImageLength"].overwrite(96)
    with pytest.raises(PhotoError, match="strips of pixels are missing"):
        read_photo(tmp_path / "a.tif")


def test_a_raw_file_says_what_to_do(tmp_path):
    Image.new("RGB", (64, 64)).save(tmp_path / "a.tif")
    (tmp_path / "a.tif").rename(tmp_path / "a.NEF")
    with pytest.raises(PhotoError, match=r"raw file .*Develop all sessions"):
        read_photo(tmp_path / "a.NEF")


def _png_with(path, kind, body):
    buffer = BytesIO()
    Image.new("RGB", (40, 40), (200, 120, 90)).save(buffer, "PNG")
    data = buffer.getvalue()
    chunk = len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")
    path.write_bytes(data[:33] + chunk + data[33:])
    return path


@pytest.mark.parametrize("gamma, read", [(45455, True), (100000, False)])
def test_a_png_with_another_gamma_is_not_taken_for_srgb(tmp_path, gamma, read):
    path = _png_with(tmp_path / "a.png", b"gAMA", gamma.to_bytes(4, "big"))
    if read:
        assert "sRGB" in read_photo(path).profile
    else:
        with pytest.raises(PhotoError, match=r"found gAMA 1,"):
            read_photo(path)


def test_a_png_with_other_primaries_is_not_taken_for_srgb(tmp_path):
    adobe = (31270, 32900, 64000, 33000, 21000, 71000, 15000, 6000)
    path = _png_with(tmp_path / "a.png", b"cHRM", b"".join(value.to_bytes(4, "big") for value in adobe))
    with pytest.raises(PhotoError, match="found cHRM"):
        read_photo(path)


def test_a_deep_negative_is_refused_by_name(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", np.full((64, 64), 60000, np.uint16), photometric="miniswhite")
    with pytest.raises(PhotoError, match="is a negative"):
        read_photo(tmp_path / "a.tif")


def test_two_decoders_that_disagree_are_not_believed(tmp_path, monkeypatch):
    tifffile.imwrite(tmp_path / "a.tif", np.full((64, 64, 3), 30000, np.uint16), photometric="rgb")
    monkeypatch.setattr(cv2, "imdecode", lambda *_: np.full((64, 64, 3), 20000, np.uint16))
    with pytest.raises(PhotoError, match="two decoders see different pictures"):
        read_photo(tmp_path / "a.tif")


def test_blocks_of_a_heic_that_do_not_join():
    y, x = np.mgrid[:400, :320]
    face = np.stack([120 + 60 * np.sin(x / 40) + 30 * np.cos(y / 25)] * 3, axis=-1)
    face = np.clip(face + np.random.default_rng(0).normal(0, 3, face.shape), 0, 255).astype(np.uint8)
    refuse_torn_blocks(face)
    face[:, 160:] += 40
    with pytest.raises(ValueError, match="blocks do not join"):
        refuse_torn_blocks(face)


@pytest.mark.parametrize("bar", [slice(352, None), slice(None, 48)])
def test_a_plain_bar_is_no_damage_and_a_seam_beside_it_is(bar):
    photo = np.clip(120 + np.random.default_rng(0).normal(0, 3, (400, 320, 3)), 0, 255).astype(np.uint8)
    photo[bar] = 0
    assert seam(photo) < MOST_SEAM
    photo[200:344] += 40
    assert seam(photo) > MOST_SEAM


def _screenshot(above, below, colour):
    """A phone's screen: a photo between bars, with a clock in the upper one."""
    face = Image.open(BytesIO(_smooth_jpeg()))
    screen = Image.new("RGB", (face.width, above + face.height + below), colour)
    screen.paste(face, (0, above))
    ImageDraw.Draw(screen).text((20, 20), "12:41  LTE  87 %", fill="grey")
    return np.array(screen)


@pytest.mark.parametrize("colour", ["black", "white", (11, 20, 26)])
@pytest.mark.parametrize(("above", "below"), [(240, 240), (240, 160), (240, 0)])
def test_a_screenshot_is_refused_as_one(tmp_path, above, below, colour):
    Image.fromarray(_screenshot(above, below, colour)).save(tmp_path / "S1_front.jpg", quality=90)
    with pytest.raises(PhotoError, match=r"as in a screenshot.*Use the original photo"):
        read_photo(tmp_path / "S1_front.jpg")
    (row,) = check_study(read_study(tmp_path))
    assert "as in a screenshot" in row["reasons"]


def test_damage_is_called_so_within_a_screenshot_and_where_a_flat_rest_looks_like_a_bar():
    shot = _screenshot(240, 240, "black")
    middle = len(shot) // 2 // 8 * 8
    shot[middle:-240] = np.roll(shot[middle:-240] // 2, 40, axis=1)
    rest = _screenshot(0, 0, "black")
    rest[len(rest) // 2 // 8 * 8 :] = (90, 140, 90)  # as decoders fill what they cannot read
    for codes in (shot, rest):
        with pytest.raises(ValueError, match="blocks do not join"):
            refuse_torn_rows(codes)


def test_a_photo_without_an_interoperability_block_is_read_with_older_pillow(tmp_path, monkeypatch):
    """Pillow 12 raises KeyError where such a block is asked for and there is none."""

    def as_before_13(self, tag):
        if tag == 0xA005:
            raise KeyError(tag)
        return {}

    monkeypatch.setattr(Image.Exif, "get_ifd", as_before_13)
    Image.new("RGB", (64, 64), "pink").save(tmp_path / "a.jpg")
    assert read_photo(tmp_path / "a.jpg", 1.0).linear.shape == (64, 64, 3)
