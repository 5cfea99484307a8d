"""How much of a study waits in memory while its tables are written."""

import pyarrow.parquet as pq

from skinimg.output import study_tables
from tests.output.filled import filled


def test_small_tables_do_not_wait_for_a_whole_row_group(tmp_path):
    """Two rows of photos each: 2,500 people would wait, at 40 KB of frame each, for 5,000 rows."""
    with study_tables.study_tables(tmp_path, study_tables.headers()) as add:
        for k in range(500):
            add("photos", filled("photos", [{"subject": f"P{k}", "session": s} for s in ("S1", "S2")]))
    with pq.ParquetFile(tmp_path / "photos.parquet") as file:
        assert file.metadata.num_rows == 1000
        assert file.num_row_groups == 3
        assert file.metadata.row_group(0).num_rows == 400
    assert (tmp_path / "photos.csv").read_text().count("\n") == 1001
