"""Measure a network on a folder of labelled films, in memory or from a table that was written before."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from cnn import cards
from cnn.errors import UserError
from cnn.evaluation.study import Study, evaluate_rows, read_labels, read_rows
from cnn.library.classifier import load
from cnn.predict.files import find_files
from cnn.predict.outcomes import Rules, predict_files
from cnn.predict.output import row_of


def evaluate(
    films: str | os.PathLike[str],
    labels: str | os.PathLike[str],
    network: str = cards.DEFAULT_NETWORK,
    device: str | None = None,
    insist: bool = False,
) -> Study:
    """Predict all films of a folder and measure the predictions: AUC, operating point, calibration, with intervals.

    Args:
        films: a folder, or a file.
        labels: CSV with the columns file and label (NORMAL or PNEUMONIA, or 0 or 1), and patient where films share one.
        network: key or title of :data:`cnn.cards.NETWORKS`.
        device: where it runs.
        insist: also count what is rejected as no chest radiograph.

    Raises:
        UserError: No film or label can be read, or there are not films of both classes.
    """
    truth, classifier = read_labels(Path(labels)), load(network, device)
    rules = Rules(force=insist, device=device)
    outcomes = predict_files(find_files([Path(films)], excluded=[Path(labels)]), classifier.model, rules)
    return evaluate_rows([row_of(outcome) for outcome in outcomes], truth)


def summarise(arguments: Sequence[str]) -> int:
    """Run ``summary``: print the study's table of a file of predictions; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m cnn.predict summary", description="Measure predictions.")
    parser.add_argument("file", type=Path, metavar="FILE", help="CSV or Parquet that python -m cnn.predict wrote")
    parser.add_argument("--labels", type=Path, required=True, metavar="TRUTH.csv", help="columns: file, label, patient")
    options = parser.parse_args(arguments)
    try:
        print(evaluate_rows(read_rows(options.file), read_labels(options.labels)))
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0
