"""Tests of the carriers, one module for each."""
