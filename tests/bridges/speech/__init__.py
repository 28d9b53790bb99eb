"""Tests of speech that needs no key."""
