# SPDX-License-Identifier: ISC
"""schedule.py: whose turn is next. Pure: no clock and no processes."""

import math

TURN_MIN_S = 10
TURN_MAX_S = 600
CHARGE_MIN_S = 10  # a turn that a finding ended at once costs as much, or it would be played for ever


def instance_count(targets, cores):
    """How many workers a target has, so that every core has one and both fuzzers come by."""
    return max(2, math.ceil(cores / targets))


def turn_seconds(wall_s, targets, cores):
    """So long that every worker has at least two turns, within bounds."""
    workers = targets * instance_count(targets, cores)
    return max(TURN_MIN_S, min(TURN_MAX_S, wall_s * cores / (2 * workers)))


def charge(cpu_s, wall_s):
    """What a turn costs its worker in the order of turns; the ledger does not know of it."""
    return max(cpu_s, min(wall_s, TURN_MAX_S), CHARGE_MIN_S)


def next_worker(workers, playing):
    """The worker whose turn is next, or None.

    workers: (target, name, charged seconds, may play?); playing: {(target, name): seconds so far}. The
    target that has had the least, and of it the worker that has. First named first.
    """
    spent = {}
    for target, name, charged, _ in workers:
        spent[target] = spent.get(target, 0) + charged + playing.get((target, name), 0)
        if (target, name) in playing:
            spent[target] += CHARGE_MIN_S
    free = [w for w in workers if w[3] and (w[0], w[1]) not in playing]
    return min(free, key=lambda w: (spent[w[0]], w[2]), default=None)
