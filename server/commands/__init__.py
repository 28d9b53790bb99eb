"""One command of the command line per file. Standard output is data, standard error is progress."""
