"""What users set, checked: parameters, outputs for a kind of target, sparse rows, weights by hand."""
