"""Whole calls in virtual time: the real driver between a scripted mind and a scripted caller."""
