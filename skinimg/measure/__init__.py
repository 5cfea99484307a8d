"""From maps and masks to numbers: contrasts, separate objects, sums over cells of skin, and the metrics made of them.

Comes in: frames, maps, segmentations. Goes out: `Objects` and `CellTotals`; every metric is a function of such sums.
"""
