"""What can be asked: one topic a file, found by itself; its ``TOPIC`` says all that is to be known of it."""
