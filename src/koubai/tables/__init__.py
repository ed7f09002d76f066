"""Tables: reading them, what their columns hold, and turning them into the numbers that a network takes."""
