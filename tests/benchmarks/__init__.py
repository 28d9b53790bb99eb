"""Tests of the benchmarks' own arithmetic: what a wrong one would tell of the product."""
