"""One file becomes one photo: header, pixels, profile, and the colour card that it may show.

Comes in: a path. Goes out: a `Photo` in linear sRGB, upright. `observe` and `study` use it.
"""
