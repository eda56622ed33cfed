"""Simulate weeks of shopping with retraining, and plot the accuracy.

Needs a database of its own (DATABASE_URL), MLFLOW_TRACKING_URI and RELEASE_URI; `make mlops-demo` starts them.
"""

import argparse
import os
import sys
from pathlib import Path

from model_export.registry import RECOGNISER, Registry
from model_export.release.store import PublishingStore
from model_export.retrain import state
from model_export.retrain.report import TITLES
from model_export.simulation.plot import draw
from model_export.simulation.weeks import Simulation


def main() -> None:
    """Parse the command line and run the simulation."""
    parser = argparse.ArgumentParser(prog="python -m model_export.simulation", description=__doc__)
    parser.add_argument("--weeks", type=int, default=8, help="(%(default)s)")
    parser.add_argument("--seed", type=int, default=Simulation.seed, help="(%(default)s)")
    parser.add_argument("--font", type=Path, required=True, help="of the tills, with Korean letters (TrueType)")
    parser.add_argument("--plot", type=Path, required=True, help="file for the plot (PNG)")
    options = parser.parse_args()
    with state.connected(os.environ["DATABASE_URL"]) as connection:
        simulation = Simulation(
            connection,
            Registry(os.environ["MLFLOW_TRACKING_URI"]),
            PublishingStore(os.environ["RELEASE_URI"]),
            options.font,
            Registry(os.environ["MLFLOW_TRACKING_URI"], RECOGNISER),
            PublishingStore(os.environ["RELEASE_URI"], kind="recogniser"),
            seed=options.seed,
            progress=lambda step: print(f"          {step}", flush=True),
        )
        weeks = []
        for week in simulation.weeks(options.weeks):
            weeks.append(week)
            outcome = "nothing new"
            if week.report:
                outcome = f"{TITLES[week.report['outcome']]}: {' '.join(week.report['reasons'])}"
            (estimate, low, high), reading = week.audited, week.reading
            print(
                f"week {week.number:2}   {week.accuracy:.1%} right ({week.accuracy_at_first:.1%} without retraining; "
                f"audit {estimate:.0%}, between {low:.0%} and {high:.0%}), {week.corrections} corrections\n"
                f"          {outcome}\n"
                f"          {reading.accuracy:.1%} of the printed names read by {reading.model} (shown by corrections: "
                f"{reading.shown.estimate:.0%}, between {reading.shown.low:.0%} and {reading.shown.high:.0%}), "
                f"{reading.corrections} corrected",
                flush=True,
            )
            if reading.report:
                reasons = " ".join(reading.report["reasons"])
                print(f"          recogniser {TITLES[reading.report['outcome']].lower()}: {reasons}", flush=True)
            for cohort in week.report["trust"]["cohorts"] if week.report else []:
                print(
                    f"          refused: {cohort['accounts']} accounts that always agree count as one, on "
                    f"{cohort['names']} names such as {', '.join(cohort['examples'][:3])}",
                    flush=True,
                )
    options.plot.parent.mkdir(parents=True, exist_ok=True)
    draw(weeks).savefig(options.plot, dpi=110, metadata={"Software": None})
    print(f"\nThe plot is in {options.plot}.")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
