"""The descent lab rendered in the terminal and as plots, animations and a page."""
