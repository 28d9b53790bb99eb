"""Ways to converse, one per file: what comes in, as events; what the core wants, performed."""
