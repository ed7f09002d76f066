"""How good ``koubai fit`` is with its defaults on public tables: ``python -m benchmarks.tables --help``."""
