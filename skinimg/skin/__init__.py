"""The optics of skin: from linear colour to the density that melanin and blood add, and what light does to both.

Comes in: linear sRGB and a mask of skin. Goes out: `SkinAnchor` and `SkinMaps`. Every room above may use it.
"""
