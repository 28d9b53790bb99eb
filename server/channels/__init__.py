"""Ways to converse, one per file: what a line carries, as events; what the core wants, performed."""
