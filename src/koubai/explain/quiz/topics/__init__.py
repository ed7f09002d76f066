"""The topics, one per file and discovered automatically; a file's ``TOPIC`` defines everything about it."""
