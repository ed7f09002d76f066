"""What the service counts: requests by path and status, rows, and how long they took."""

from collections import Counter

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0)
"""Upper limits of the histogram, in seconds."""


class Metrics:
    """Counts requests."""

    def __init__(self) -> None:
        self.rows = 0
        self._requests: Counter[tuple[str, int]] = Counter()
        self._within: Counter[float] = Counter()
        self._seconds, self._timed = 0.0, 0

    def count(self, name: str, status: int, seconds: float) -> None:
        """Count a request."""
        self._requests[name, status] += 1
        if name == "predict":
            self._timed += 1
            self._seconds += seconds
            for limit in BUCKETS:
                self._within[limit] += seconds <= limit

    def text(self) -> str:
        """Return all counts and times in the format that Prometheus reads."""
        lines = ["# TYPE koubai_requests_total counter"]
        for (name, status), count in sorted(self._requests.items()):
            lines.append(f'koubai_requests_total{{path="{name}",status="{status}"}} {count}')
        lines += ["# TYPE koubai_rows_total counter", f"koubai_rows_total {self.rows}"]
        lines.append("# TYPE koubai_predict_seconds histogram")
        lines += [f'koubai_predict_seconds_bucket{{le="{limit}"}} {self._within[limit]}' for limit in BUCKETS]
        lines.append(f'koubai_predict_seconds_bucket{{le="+Inf"}} {self._timed}')
        lines += [f"koubai_predict_seconds_sum {self._seconds:.6f}", f"koubai_predict_seconds_count {self._timed}"]
        return "\n".join([*lines, ""])
