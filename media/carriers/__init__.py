"""One file per carrier, nothing else; `media.carrier` is the port they satisfy."""
