"""Names for the points of MediaPipe's 478-point face mesh (468 mesh points, then 5 + 5 of the irises).

Left and right are the person's own: on the image, the person's right side is on the left. Lists are closed outlines in
order; the left side's are the mirror images of the right side's. They were read off a drawing of the mean mesh.
"""

from __future__ import annotations

from typing import Final

OVAL: Final = [
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377,
    152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
]  # fmt: skip
LIPS: Final = [61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185]
MOUTH_CORNERS: Final = ([61], [291])
RIGHT_EYE: Final = [33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246]
LEFT_EYE: Final = [263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466]
RIGHT_BROW: Final = [70, 63, 105, 66, 107, 55, 65, 52, 53, 46]
LEFT_BROW: Final = [300, 293, 334, 296, 336, 285, 295, 282, 283, 276]
RIGHT_NOSTRIL: Final = [166, 79, 239, 238, 20, 60, 75, 59]
LEFT_NOSTRIL: Final = [392, 309, 459, 458, 250, 290, 305, 289]

# An iris: centre, then the points at the image's right, top, left and bottom of its rim.
RIGHT_IRIS: Final = [468, 469, 470, 471, 472]
LEFT_IRIS: Final = [473, 474, 475, 476, 477]

MIDLINE: Final = [10, 151, 9, 8, 168, 6, 197, 195, 5, 4, 1, 19, 94, 2, 164, 0, 13, 14, 17, 18, 200, 199, 175, 152]

FOREHEAD: Final = [
    10, 109, 67, 103, 54, 21, 162, 127, 34, 139, 156, 46, 70, 63, 105, 66, 107, 55, 193, 168,
    417, 285, 336, 296, 334, 293, 300, 276, 383, 368, 264, 356, 389, 251, 284, 332, 297, 338,
]  # fmt: skip
NOSE: Final = [168, 193, 245, 114, 126, 209, 129, 98, 97, 2, 326, 327, 358, 429, 355, 343, 465, 417]
CHIN: Final = [
    200, 201, 194, 204, 202, 212, 210, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 430, 432, 422, 424, 418,
    421,
]  # fmt: skip
PERIORAL: Final = [
    2, 97, 98, 129, 203, 206, 216, 212, 202, 204, 194, 201, 200, 421, 418, 424, 422, 432, 436, 426, 423, 358, 327, 326,
]  # fmt: skip
RIGHT_PERIORBITAL: Final = [139, 156, 46, 53, 52, 65, 55, 193, 245, 114, 120, 119, 118, 117, 111, 34]
LEFT_PERIORBITAL: Final = [368, 383, 276, 283, 282, 295, 285, 417, 465, 343, 349, 348, 347, 346, 340, 264]
RIGHT_CHEEK: Final = [
    127, 34, 111, 117, 118, 119, 120, 114, 126, 209, 129, 203, 206, 216, 212, 210, 136, 172, 58, 132, 93, 234,
]  # fmt: skip
LEFT_CHEEK: Final = [
    356, 264, 340, 346, 347, 348, 349, 343, 355, 429, 358, 423, 426, 436, 432, 430, 365, 397, 288, 361, 323, 454,
]  # fmt: skip

# The oval's upper rim lies below most hairlines; these points may be lifted to reach it.
FOREHEAD_RIM: Final = [21, 54, 103, 67, 109, 10, 338, 297, 332, 284, 251]

# Points over bone that no expression moves: nose bridge, eye corners, forehead, cheekbones, temples.
STEADY: Final = [
    10, 151, 9, 8, 168, 6, 197, 195, 5, 4, 33, 133, 362, 263, 67, 297, 103, 332, 54, 284, 21, 251,
    127, 356, 234, 454, 117, 346, 116, 345, 227, 447, 143, 372, 156, 383, 122, 351, 196, 419,
]  # fmt: skip
