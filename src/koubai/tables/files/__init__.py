"""Files and frames as cells of text with names above them, and tables written to files."""
