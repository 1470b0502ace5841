"""Wangge 网格: the four firsts of an outbreak, village by village."""

__version__ = "0.1.0"
