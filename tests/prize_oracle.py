"""Exact answers of small prize-collecting problems, by trying every set of nodes.

Shares nothing with the solvers: union-find and sorting only.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from geoplan.optimize.steiner.prizes import PrizeInstance


def random_prizes(seed: int) -> PrizeInstance:
    """4 to 8 nodes: ties, zero prizes and costs, parallel edges, loops, parts cut off."""
    rng = np.random.default_rng([seed, 77])
    n = int(rng.integers(4, 9))
    m = int(rng.integers(n - 1, 3 * n))
    tail, head = rng.integers(0, n, m), rng.integers(0, n, m)
    top = int(rng.choice([2, 6, 30, 2000]))
    cost = rng.integers(0 if rng.random() < 0.5 else 1, top, m)
    prizes = rng.integers(0, int(rng.choice([2, 1 + top // 2, top, 3 * top])) + 1, n)
    prizes[rng.random(n) < rng.choice([0.0, 0.3, 0.6])] = 0
    root = int(rng.integers(0, n))
    required = None
    if rng.random() < 0.3:
        near = np.unique(np.concatenate([[root], head[tail == root], tail[head == root]]))
        required = rng.permutation(near)[:2].astype(np.int32)
    return PrizeInstance(
        n, tail.astype(np.int32), head.astype(np.int32), cost.astype(np.int64), root,
        prizes.astype(np.int64), required,
    )  # fmt: skip


def trees(instance: PrizeInstance) -> Iterator[tuple[int, int]]:
    """Cost and prizes of the cheapest spanning tree of every set with root and required nodes."""
    n = instance.n_nodes
    ends = zip(instance.cost.tolist(), instance.tail.tolist(), instance.head.tolist(), strict=True)
    edges = sorted(ends)
    prizes = instance.prizes.tolist()
    must = 1 << instance.root
    for v in [] if instance.required is None else instance.required.tolist():
        must |= 1 << v
    for chosen in range(1 << n):
        if chosen & must != must:
            continue
        cost = _spanning(n, edges, chosen)
        if cost >= 0:
            yield cost, sum(p for v, p in enumerate(prizes) if chosen >> v & 1)


def _spanning(n: int, edges: list[tuple[int, int, int]], chosen: int) -> int:
    group = list(range(n))
    missing = chosen.bit_count() - 1
    total = 0
    for cost, one, other in edges:
        if chosen >> one & 1 and chosen >> other & 1:
            while group[one] != one:
                one = group[one]
            while group[other] != other:
                other = group[other]
            if one != other:
                group[one] = other
                total += cost
                missing -= 1
    return total if missing == 0 else -1


def check_tree(instance: PrizeInstance, edges: list[int]) -> tuple[int, set[int]]:
    """Cost and nodes of a set of edges; fail when it is no tree that holds the root."""
    assert edges == sorted(set(edges)), "edges twice or out of order"
    nodes = {instance.root}
    left = list(edges)
    while True:
        ends = {e: (int(instance.tail[e]), int(instance.head[e])) for e in left}
        more = [e for e in left if len(nodes.intersection(ends[e])) == 1]
        if not more:
            break
        nodes.update(ends[more[0]])
        left.remove(more[0])
    assert left == [], "not a tree: a ring, or apart from the root"
    needs = [] if instance.required is None else instance.required.tolist()
    assert nodes.issuperset(needs), "a required node is missing"
    return int(instance.cost[edges].sum()) if edges else 0, nodes
