"""Measurements of koubai beside its peers: the same work, in the same run."""
