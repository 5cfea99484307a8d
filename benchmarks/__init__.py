"""Exams that need photographs which the repository does not have: real people, treatments painted on them.

Each module is run with `python -m benchmarks.NAME`, reads `../shared/data`, and writes its page of docs/benchmarks.
"""
