"""Where the bytes of a table are: in a file, on standard input, packed by gzip, zstd or zip."""
