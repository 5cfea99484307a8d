"""A photo becomes a frame: the face is found, the skin is cut out, resampled once, judged, and its pigments separated.

Comes in: a `PhotoEntry`, and for later sessions what they take over from the baseline. Goes out: `Seen`.
"""
