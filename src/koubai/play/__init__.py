"""The playground: a page on which a network is built, trained, stopped, stepped and explained."""
