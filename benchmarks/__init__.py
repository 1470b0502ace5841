"""Benchmarks: each prints what it did and how that compares with a limit measured in the same run.

They are run by hand, `python -m benchmarks.NAME`, and never by the tests: what a shared machine does in a
second says little, the ratio to a bare limit on the same machine at the same time says more.
"""
