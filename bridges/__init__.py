"""The mind's socket: one file per model family; `bridges.port` is what they speak."""
