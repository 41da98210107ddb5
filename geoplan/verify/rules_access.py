"""Rules on shared cores: who is on a ring pair or behind a splitter, where, and on which cores."""

from __future__ import annotations

import json

import numpy as np

from geoplan.text import Text
from geoplan.verify.facts import Facts, from_scenario
from geoplan.verify.report import RuleResult, different, judge

__all__ = [
    "access_feeders",
    "access_ring_pairs",
    "access_schedule",
    "access_sites",
    "access_splitters",
    "architecture_of",
    "sharing",
]


def architecture_of(facts: Facts, level: str) -> str:
    """Return the access architecture of a level: hubs and cores have cores of their own."""
    general = str(from_scenario(facts.data, "access", "architecture"))
    if level == "municipal":
        return str(from_scenario(facts.data, "access", "municipal_architecture") or general)
    return general if level == "township" else "star"


def _most(facts: Facts, architecture: str) -> int:
    keys = {
        "ring_pair": ("ring_pair", "sites_per_pair"),
        "splitter": ("splitter", "split_ratio"),
    }.get(architecture)
    return int(from_scenario(facts.data, "access", *keys) or 0) if keys else 1


def sharing(facts: Facts, level: str) -> int:
    """Return the most sites of a level that may share cores; at least 1."""
    return max(1, _most(facts, architecture_of(facts, level)))


def access_sites(facts: Facts) -> RuleResult:
    """Check that each path is on a feeder just where its site's architecture shares cores."""
    sites, paths, feeders = facts["sites"], facts["core_paths"], facts["feeders"]
    faults = []
    count = 0
    for path, feeder in enumerate(facts.path_feeder.tolist()):
        site = int(facts.path_site[path])
        wanted = architecture_of(facts, str(sites["level"][site]))
        have = "star" if feeder < 0 else str(feeders["architecture"][feeder])
        name = paths["path_id"][path]
        count += feeder >= 0
        if have != wanted:
            faults.append(
                Text(f"{name}为{have}，应为{wanted}", f"{name} is {have}, should be {wanted}")
            )
        elif feeder >= 0 and feeders["home_id"][feeder] != paths["home_id"][path]:
            faults.append(
                Text(
                    f"{name}与{feeders['feeder_id'][feeder]}归属不同",
                    f"{name} has another home than {feeders['feeder_id'][feeder]}",
                )
            )
        elif feeder < 0 and paths["place"][path] != 0:
            faults.append(Text(f"{name}不应有次序", f"{name} has a place, but no feeder"))
    return judge(
        "access.sites",
        faults,
        Text(f"{count}条路径共享纤芯，符合接入方式", f"{count} paths share cores, as is asked for"),
    )


def access_feeders(facts: Facts) -> RuleResult:
    """Recompute the table of feeders: sites and their places, cores, phase, lot, price."""
    feeders, sites, paths = facts["feeders"], facts["sites"], facts["core_paths"]
    ids = feeders["feeder_id"]
    faults: list[Text] = []
    columns: dict[str, list[object]] = {
        name: []
        for name in (
            *("most_sites", "cores", "sites", "sites_served", "phase", "lot", "loss_db"),
            *("cost_cents", "site_ids"),
        )
    }
    for row in range(feeders.count):
        on_it = facts.on_feeder(row)
        members = [int(facts.path_site[path]) for path in on_it]
        since = [int(sites["phase"][m]) for m in members if sites["phase"][m] > 0]
        architecture = str(feeders["architecture"][row])
        tree = architecture == "splitter"
        cores = from_scenario(facts.data, "access", "splitter", "cores_per_tree") if tree else 2
        most = _most(facts, architecture)
        columns["most_sites"].append(most)
        columns["cores"].append(int(cores or 0))
        columns["sites"].append(len(members))
        columns["sites_served"].append(len(since))
        columns["phase"].append(min(since, default=0))
        columns["lot"].append(sites["lot"][facts.site_row[feeders["home_id"][row]]])
        columns["loss_db"].append(facts.figure["access.splitter.loss_db"] if tree else 0.0)
        price = facts.price["splitter"] if tree else 0
        columns["cost_cents"].append(int(cores or 0) * price)
        columns["site_ids"].append([sites["site_id"][m] for m in members])
        places = [int(paths["place"][path]) for path in on_it]
        if places != list(range(1, len(places) + 1)) or not 1 <= len(places) <= most:
            faults.append(
                Text(
                    f"{ids[row]}的次序为{places}，最多{most}个站点",
                    f"{ids[row]} has the places {places}, for {most} sites at most",
                )
            )
    listed = [json.loads(text) for text in feeders["site_ids"]]
    faults += [
        Text(f"{name}的站点为{have}，应为{want}", f"{name} lists {have}, should be {want}")
        for name, have, want in zip(ids, listed, columns.pop("site_ids"), strict=True)
        if have != want
    ]
    for name, values in columns.items():
        dtype = object if name == "lot" else np.float64
        expected = np.array(values, dtype=dtype)
        faults += different("feeders", ids, name, feeders[name], expected)
    return judge(
        "access.feeders",
        faults,
        Text(f"{feeders.count}条共享馈纤数据相符", f"{feeders.count} feeders agree"),
    )


def access_ring_pairs(facts: Facts) -> RuleResult:
    """Check that each ring pair passes every stretch twice, and starts and ends at its home.

    One core leads out over a stretch and the other back: no stretch may be passed more often,
    and paths of one pair that part must not meet again.
    """
    feeders, sites = facts["feeders"], facts["sites"]
    faults = []
    pairs = np.flatnonzero(feeders["architecture"] == "ring_pair").tolist()
    for row in pairs:
        name = feeders["feeder_id"][row]
        passed: dict[int, int] = {}
        for hop in facts.ring_hops(row):
            for edge in hop:
                passed[edge] = passed.get(edge, 0) + 1
        ids = facts["candidate_edges"]["edge_id"]
        wrong = [int(ids[edge]) for edge, count in passed.items() if count != 2]
        if wrong:
            faults.append(
                Text(
                    f"{name}经过段{wrong[:5]}不是恰好两次",
                    f"{name} does not pass stretches {wrong[:5]} just twice",
                )
            )
        home = facts.site_row[feeders["home_id"][row]]
        if feeders["node_id"][row] != sites["node_id"][home]:
            faults.append(Text(f"{name}不在归属节点", f"{name} does not start at its home"))
    return judge(
        "access.ring_pairs",
        faults,
        Text(f"{len(pairs)}个环纤对均闭合", f"{len(pairs)} ring pairs, each closed"),
    )


def access_splitters(facts: Facts) -> RuleResult:
    """Check that each splitter stands on the ways of all its sites, with one way to the home."""
    feeders, edges, sites = facts["feeders"], facts["candidate_edges"], facts["sites"]
    tails, heads = edges["tail_node"].tolist(), edges["head_node"].tolist()
    faults = []
    trees = np.flatnonzero(feeders["architecture"] == "splitter").tolist()
    for row in trees:
        name, split = feeders["feeder_id"][row], int(feeders["node_id"][row])
        ways = set()
        for path in facts.on_feeder(row):
            at = int(sites["node_id"][facts.path_site[path]])
            steps = facts.steps(path).tolist()
            nodes = [at]
            for edge in steps:
                at = heads[edge] if tails[edge] == at else tails[edge]
                nodes.append(at)
            if split not in nodes:
                missed = facts["core_paths"]["path_id"][path]
                faults.append(
                    Text(f"{missed}不经过{name}的分光器", f"{missed} misses the splitter of {name}")
                )
            else:
                ways.add(tuple(steps[nodes.index(split) :]))
        if len(ways) > 1:
            faults.append(
                Text(f"{name}的馈纤分成{len(ways)}路", f"{name} has {len(ways)} ways to its home")
            )
    return judge(
        "access.splitters",
        faults,
        Text(f"{len(trees)}个分光树位置相符", f"{len(trees)} splitter trees, each with one feeder"),
    )


def access_schedule(facts: Facts) -> RuleResult:
    """Check which rows of the schedule share cores, and that those who share take the same."""
    rows, paths = facts["core_schedule"], facts["core_paths"]
    at = {name: row for row, name in enumerate(paths["path_id"])}
    first = np.searchsorted(facts.step_path, np.arange(paths.count))
    length = np.bincount(facts.step_path, minlength=paths.count)
    taken: dict[int, tuple[str, int, int]] = {}
    faults = []
    for row in range(rows.count):
        path, position = at[rows["path_id"][row]], int(rows["position"][row])
        place = f"{rows['path_id'][row]} #{position}"
        if not 0 <= position < length[path]:
            continue  # named by schedule.paths
        step = int(first[path]) + position
        told = (rows["feeder_id"][row], rows["place"][row], bool(rows["shared"][row]))
        right = (
            *(paths["feeder_id"][path], paths["place"][path]),
            bool(facts.step_shared[step]),
        )
        if told != right:
            faults.append(Text(f"{place}为{told}，应为{right}", f"{place}: {told}, not {right}"))
        span = (
            str(rows["cable_id"][row]),
            int(rows["core_first"][row]),
            int(rows["core_last"][row]),
        )
        if taken.setdefault(int(facts.step_run[step]), span) != span:
            faults.append(
                Text(f"{place}与同馈纤的站点纤芯不同", f"{place}: other cores than its feeder's")
            )
    return judge(
        "access.schedule",
        faults,
        Text("共享纤芯一致", "who shares cores takes the same ones"),
    )
