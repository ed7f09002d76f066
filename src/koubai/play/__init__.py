"""The playground: a page in the browser, and the same in a notebook, in which a network learns before one's eyes."""
