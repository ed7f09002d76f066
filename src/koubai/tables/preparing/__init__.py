"""From what cells mean to what a network takes: targets, features, rows held out, and what should be said of them."""
