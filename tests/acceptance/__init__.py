"""The real command in a subprocess; the carrier in a box dials in."""
