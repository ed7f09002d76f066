"""Images from files and their network as one model."""
