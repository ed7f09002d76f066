"""Tables: reading them, analysing their columns, and converting them to a network's inputs."""
