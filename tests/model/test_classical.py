"""The classical filters: hysteresis on drawn lines."""

import numpy as np

from skinimg.model import classical


def test_hysteresis_follows_a_slanted_line_and_nothing_else():
    line, faint = np.eye(12, dtype=np.float32), np.zeros((12, 12), np.float32)
    z = 2 * line
    z[0, 0] = 5
    faint[9:, :2] = 2  # never reaches the upper level
    np.testing.assert_array_equal(classical._hysteresis(z + faint, 1, 4), line > 0)
