"""What `koubai grade` marks: kinds of results, entered in `results.KINDS`."""
