"""How far a table's model can be trusted: the metric it decides by, intervals, and rows unlike those it has seen."""
