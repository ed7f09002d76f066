"""The descent lab rendered: terminal, plots, animations, and a page."""
