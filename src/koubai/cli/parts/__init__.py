"""Building blocks of the commands: options, reports, output files, the terminal."""
