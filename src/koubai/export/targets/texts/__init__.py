"""Counting words, as each target writes it: the text in one form (NFKC, small letters), then its words and groups."""
