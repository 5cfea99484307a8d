"""A whole study: every subject through the pipeline, on one process, many, or a cluster, and the tables of all.

Comes in: a path and options. Goes out: an `Outcome` and the files under `--out`. `cli` and `skinimg.analyze` call it.
"""
