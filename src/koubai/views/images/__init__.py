"""Pictures and pages of what a network sees in images."""
