"""The Neocognitron: S- and C-cells, learning without labels, and a readout."""
