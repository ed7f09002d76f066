"""The playground's server: the page and its parts, access, uploads, and answers to what only Python can do."""
