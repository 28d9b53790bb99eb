"""One tool per file, nothing else; `server.tool` is the port they satisfy."""
