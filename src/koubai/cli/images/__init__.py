"""Images at the command line, for the commands that take tables too."""
