"""What the commands are made of: options, reports, the files they write, the terminal."""
