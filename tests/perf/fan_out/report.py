"""The table: medians over the rounds, and the ratios to what each row is compared with."""

import math
import statistics

from .scenarios import Row

def show(scenario, arms, runs):
    """Prints a scenario's rows; `runs` holds the results of every arm by its name, round by round.
    Returns how many bounds were missed."""
    print(f"\n{scenario.title}" + (" (one round)" if scenario.rounds_max == 1 else ""))
    width = max(len(arm.name) for arm in arms) + 2
    print(f"  {'measure':34}{'server':{width}}{'median':>12}{'ratio (min-max)':>22}{'required':>12}")
    missed = 0
    for row in scenario.rows:
        for arm in arms:
            missed += _show_cell(row, arm, runs, width)
    for warning in sorted({w for results in runs.values() for r in results for w in r["warnings"]}):
        print("  warning:", warning)
    return missed


def _show_cell(row: Row, arm, runs, width):
    values = [row.value(result) for result in runs[arm.name]]
    median = statistics.median(values)
    if math.isnan(median):
        return False
    ratios = _ratios(values, [row.value(r) for r in runs[arm.base]]) if arm.base else []
    ratio = statistics.median(ratios) if ratios else None
    bound = row.bound if _judged(row, arm, ratio) else None
    holds = bound is None or bound.holds(arm.name, median, ratio)
    spread = f"{ratio:.2f} ({min(ratios):.2f}-{max(ratios):.2f})" if ratios else ""
    verdict = f"{bound.text(arm.name):>12}  {'ok' if holds else 'MISSED'}" if bound else ""
    print(f"  {row.title:34}{arm.name:{width}}{median:12,.2f}{spread:>22}{verdict}".rstrip(), flush=True)
    return not holds


def _judged(row, arm, ratio):
    """The bare servers set the measure, they are not measured by it."""
    if row.bound is None or arm.name.startswith(("bare", "coalescing")):
        return False
    return row.bound.of_value or ratio is not None


def _ratios(values, base):
    """Round by round, so that what else the machine did meanwhile cancels out."""
    return [value / other for value, other in zip(values, base) if other > 0 and not math.isnan(other)]
