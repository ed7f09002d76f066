"""Make the table baseball.csv: made players, whose success follows from power, speed and skill.

Three hidden qualities of a player, each from a normal distribution, show in four numbers of a season: power in home
runs, speed in stolen bases, skill in the batting average, and all three in runs. A player succeeds who is very good in
one of them or good in all, with some luck. A network with a few hidden nodes can find the qualities again.
"""

import numpy as np

SEED = 0
PLAYERS = 400


def main() -> None:
    """Print the table."""
    rng = np.random.default_rng(SEED)
    power, speed, skill = rng.normal(size=(3, PLAYERS))
    batting_average = np.clip(0.255 + 0.028 * skill + 0.006 * rng.normal(size=PLAYERS), 0.15, 0.4)
    home_runs = rng.poisson(np.exp(2.4 + 0.7 * power))
    stolen_bases = rng.poisson(np.exp(1.9 + 0.8 * speed))
    runs = rng.poisson(np.exp(4.0 + 0.18 * power + 0.12 * speed + 0.2 * skill))
    best = np.maximum(np.maximum(power, speed), skill)
    merit = best + 0.8 * (power + speed + skill) / 3 + 0.15 * rng.normal(size=PLAYERS)
    print("batting_average,home_runs,stolen_bases,runs,success")
    for average, homers, steals, scored, is_good in zip(
        batting_average, home_runs, stolen_bases, runs, merit > 1.2, strict=True
    ):
        print(f"{average:.3f},{homers},{steals},{scored},{'yes' if is_good else 'no'}")


if __name__ == "__main__":
    main()
