"""The tables of `bench/explain.py report`: what was measured, in Markdown."""

from itertools import zip_longest

import numpy as np

from whyrec.measure import fidelity

GLASS, NOW, THEN = "14aac00", "b4f40f9", "8e22c63"
"""Commits that the parts of the tables are of."""
SHOWN = ("DEL@1", "DEL@5", "INS@5", "CDCG@5", "POS@10,5", "DEL-P", "NDCG-P", "POS-P@20")
PARTS = {"reasons": "DEL@5", "necessary": "CDCG@5", "sufficient": "INS@5"}
WHOLE = ("DEL-P", "NDCG-P", "POS-P@20")
"""Measures of a whole order, by which reasons are judged too."""

HEAD = """# How faithful explanations are

Made by `bench/explain.py report`; the numbers are of one run on one machine and are not made anew by `make docs`.

One case is one shopper: the newest 50 events, the first item of the list of ten, one explanation of each method in one
try. The last event of each shopper was kept from the model. `f` is the score where a model is a sum over events and
the probability elsewhere; what is taken away leaves a tombstone (docs/decisions/0001). Measures, after Gurevitch et al.
(SIGIR 2025) and Barkan et al. (WWW 2024): DEL@K and INS@K are what is left of f without, and with only, the first K
causes; CDCG@K is 1 / log2(1 + rank) without them; DEL-P, NDCG-P and POS-P are means over eleven shares from none to all
taken away. Low is good, but for INS. `reasons`, `necessary` and `sufficient` are the three parts of the service's
explanation, each judged by the measure that it is for; the two sets are measured with exactly five causes, found by the
same search as the set that is shown. In brackets: 95 % intervals, bootstrap over cases.

When: glass and blend at commit {glass}; reasons, sets and checks of multvae and sasrec, and the costs of pages and sets
of all four, at {now}; rivals, beams and short histories of multvae and sasrec at {then}. Costs were taken on a machine
that was shared, four to five processes on two cores, and are upper ends; ms of single methods are of each run's own
machine.

What shuffled weights should and should not change: overlap by chance is what two random fives share, and a model keeps
what it does not learn. On Beauty sasrec shares .35 with its shuffled self where chance is .24; but .32 of that it
shares with what the shuffled model names for other shoppers too, by place alone (a transformer reads its answer off the
newest slot, whatever its weights), and what is left of the same shopper holds zero in its interval, as for all models.
The blend's .34 of an earlier run came from events that change nothing and stood in one order in both lists; in any
order they give .21. Its overlap over resampled fits was .79 in that run and is .35 now, most likely for the same
reason: one or two events carry a list, and the rest of the first five stand in any order.

For sasrec on ml1m 400 shoppers were asked. Reasons are surely better than all rivals on DEL-P, and on NDCG-P than all
but recency and attention, whose intervals hold zero: this model, learned from 1,000 shoppers, keeps nearly every first
item among the ten whatever of 50 events is taken away (POS is 1.000 for every order), so that ranks tell little. On
Beauty the reasons of sasrec are not surely above recency and Shapley on POS-P@20, nor Shapley on NDCG-P.
"""


def write(found, path=None):
    """Print the tables of all data sets and models, and write them to a file if asked."""
    text = "\n".join(
        [HEAD.format(glass=GLASS, now=NOW, then=THEN), *(section(name, *parts) for name, parts in found.items())]
    )
    print(text)
    if path is not None:
        path.write_text(text.rstrip() + "\n", encoding="utf-8")


def column(cases, method, measure):
    """Values of one measure over cases, NaN where it was not measured."""
    return np.array([case["values"].get(method, {}).get(measure, np.nan) for case in cases], np.float64)


def section(name, cases, more, cost, checks):
    """Everything of one model on one data set."""
    rng = np.random.default_rng(0)
    rivals = [method for method in cases[0]["values"] if method not in PARTS and not method.startswith("beam")]
    beam, short = more.pop("beam"), more.pop("short")
    for rival, rows in more.items():  # they learned first, and stand beside the first of the cases
        rivals.append(rival.removeprefix("rival-"))
        cases = [
            {**case, "values": {**case["values"], rivals[-1]: row["values"]}}
            for case, row in zip(cases, rows, strict=False)
        ] + cases[len(rows) :]
    kind = "a sum over events" if cases[0]["additive"] else "no sum over events"
    text = [f"## {name[0]}: {name[1]}", "", f"{len(cases)} cases, {kind}.", ""]
    text += ["| order | " + " | ".join(SHOWN) + " | ms |", "|---|" + "---|" * (len(SHOWN) + 1)]
    for method in (*rivals, *PARTS):
        cells = [
            number(np.nanmean(values)) if (~np.isnan(values := column(cases, method, m))).any() else "" for m in SHOWN
        ]
        spent = [case["ms"][method] for case in cases if method in case["ms"]]
        text.append(f"| {method} | " + " | ".join(cells) + f" | {np.mean(spent):.0f} |" if spent else
                    f"| {method} | " + " | ".join(cells) + " | |")  # fmt: skip
    text += ["", "Better than the rival by, on the same cases (above 0 is better):", ""]
    judged = [*PARTS.items(), *(("reasons", measure) for measure in WHOLE)]
    text += ["| part, measure | " + " | ".join(rivals) + " |", "|---|" + "---|" * len(rivals)]
    for part, measure in judged:
        cells = []
        for rival in rivals:
            gain = fidelity.better(
                column(cases, part, measure), column(cases, rival, measure), measure[:3] == "INS", rng
            )
            cells.append(f"{gain.value:+.3f} [{gain.low:+.3f}, {gain.high:+.3f}]")
        text.append(f"| {part}, {measure} | " + " | ".join(cells) + " |")
    return "\n".join(
        [
            *text,
            "",
            *known(cases, rivals, beam),
            *searched(short),
            *sets(cases, beam),
            *costs(cases, cost),
            *checked(checks),
            "",
        ]
    )


def known(cases, rivals, beam):
    """Lines on the distance to the best known."""
    text, first = [], cases[: len(beam)]
    for part, measure in PARTS.items() if beam else ():
        pick = np.nanmax if measure.startswith("INS") else np.nanmin
        found = np.array([row["values"][part] for row in beam], np.float64)
        ours = column(first, part, measure)
        best = pick(np.array([found, *(column(first, method, measure) for method in (*rivals, *PARTS))]), axis=0)
        ms = np.mean([row["ms"][part] for row in beam])
        text.append(
            f"- {part}, {measure}, {len(beam)} cases: best known {np.nanmean(best):.4f}, with a beam "
            f"{np.nanmean(found):.4f} ({ms:.0f} ms), by default {np.nanmean(ours):.4f}."
        )
    return text


def searched(short):
    """Lines on the distance to the optimum, where all sets of five were tried."""
    text = []
    for part, measure in PARTS.items() if short else ():
        best, beam, ours = (
            np.array([row[name][part] for row in short], np.float64) for name in ("optimum", "beam", "default")
        )
        same = [(np.abs(found - best) <= 1e-6 * np.maximum(1, np.abs(best))).mean() for found in (beam, ours)]
        text.append(
            f"- {part}, {measure}, the newest 8 to 15 events of {len(short)} shoppers, all sets of five tried: optimum "
            f"{np.nanmean(best):.4f}; a beam finds it in {same[0]:.0%} (mean {np.nanmean(beam):.4f}), the default in "
            f"{same[1]:.0%} ({np.nanmean(ours):.4f})."
        )
    return text


def sets(cases, beam):
    """Lines on the sets of the service when they are run."""
    text = []
    for kind in ("necessary", "sufficient"):
        there = [case[kind] for case in cases if case[kind]]
        if there:
            true, size = (np.mean([one[key] for one in there]) for key in ("true", "size"))
            text.append(f"- {kind} sets: found for {len(there)} of {len(cases)} cases, true when run in {true:.1%}, "
                        f"{size:.2f} events in the mean.")  # fmt: skip
    tried = [[case["smallest"], row.get("smallest")] for case, row in zip_longest(cases, beam, fillvalue={})]
    smallest = [min((size for size in sizes if size), default=None) for sizes in tried]
    both = [(case["necessary"]["size"], size) for case, size in zip(cases, smallest, strict=True)
            if case["necessary"] and size]  # fmt: skip
    if both:
        ours = np.mean([size for size, _ in both])
        best = np.mean([min(pair) for pair in both])
        text.append(f"- necessary sets are {ours / best - 1:.1%} larger than the smallest that any method found "
                    f"({ours:.2f} against {best:.2f} events).")  # fmt: skip
    missed = sum(size is not None and not case["necessary"] for case, size in zip(cases, smallest, strict=True))
    return [*text, f"- necessary sets that another method found and the service did not: {missed}."]


def costs(cases, cost):
    """Lines on exactness and time."""
    worst = max(case["error"] for case in cases)
    text = [f"- largest |gap| / max(1, |score|): {worst:.1e}."] if cases[0]["additive"] else []
    if cost:
        text.append(f"- processor ms at 50 events, {cost['queries']} shoppers, median: scores of a page of ten "
                    f"{cost['score']:.2f}; the page with its reasons {cost['page']:.2f}; both sets of one item "
                    f"{cost['sets']:.1f}, with the searched order of its reasons {cost['all']:.1f}.")  # fmt: skip
    return text


def checked(found):
    """Lines on whether the explanations are of the model."""
    if not found:
        return []
    chance, mixed = (interval(found[name]) for name in ("chance", "shuffled"))
    text = [f"- first five causes, overlap with those of the model with shuffled weights {mixed}; by chance {chance}."]
    if "beyond" in found:
        text.append(
            f"- by place alone, against what the shuffled model names for other shoppers: "
            f"{interval(found['places'])}; the same shopper beyond that: {interval(found['beyond'])}."
        )
    if "bootstrap" in found:
        text.append(f"- first five causes of {found['fits']} fits on resampled shoppers: overlap "
                    f"{interval(found['bootstrap'])}.")  # fmt: skip
    if "exact" in found:
        text.append(f"- 10,000 random explanations: largest |gap| / max(1, |score|) {found['exact']:.1e}.")
    return text


def interval(mean):
    """A mean with its interval."""
    return f"{mean[0]:.3f} [{mean[1]:.3f}, {mean[2]:.3f}], {mean[3]} cases"


def number(value):
    """Three digits."""
    return f"{value:.3f}"
