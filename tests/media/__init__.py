"""The line, file by file."""
