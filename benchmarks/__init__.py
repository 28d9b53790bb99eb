"""How many calls, how fast, how large: measured against named peers."""
