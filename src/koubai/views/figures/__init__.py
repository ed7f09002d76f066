"""Pictures of networks for papers and slides: nodes, and links as thick as their weights are large."""
