"""Steiner trees by geoplan, networkx and rustworkx, each run in a fresh process.

    python benchmarks/steiner.py [--time-limit S] [--instances FILE ...] [--only geoplan]

Instances: those named, or all of the benchmark folder (`GEOPLAN_SHARED`, or `../shared` beside
the project); known optima are taken from an `instances.csv` beside them. Results go to
`benchmarks/results/`: a table (markdown and CSV) and a profile of the time to each gap.

Every tree is checked and its cost added up here, by code that shares nothing with the solver.
Seconds count reading and solving, not the start of Python, which has a column of its own.
networkx and rustworkx prove nothing: their profile tells how near the known optimum (or else the
best tree of this run) they came, geoplan's tells its proven gap. rustworkx is left out with a
note where it is not installed (`pip install geoplan[bench]`).
"""

from __future__ import annotations

import argparse
import csv
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results"
TOOLS = ("geoplan", "networkx", "rustworkx")
GAPS = {"1 %": 0.01, "0.1 %": 0.001, "0.01 %": 0.0001, "proof": 0.0}
COLUMNS = (
    "instance | nodes | terminals | tool | cost | bound | proven gap | above optimum | status | "
    "seconds | 1 % | 0.1 % | 0.01 % | proof | start s | peak MB"
)


@dataclass(frozen=True, slots=True)
class Row:
    """One run: what a tool found on an instance, when, and what it took."""

    instance: str
    nodes: int
    edges: int
    terminals: int
    tool: str
    status: str
    cost: int | None = None
    bound: int | None = None
    gap: float | None = None
    optimum: int | None = None
    above_optimum: float | None = None
    read_s: float | None = None
    seconds: float | None = None
    start_s: float | None = None
    peak_mb: float | None = None
    trace: tuple[tuple[float, int, int], ...] = ()

    def time_to(self, gap: float) -> float | None:
        """Seconds until the gap was proven (a tool without proof: until its tree was as good)."""
        if self.bound is None:
            near = self.above_optimum is not None and self.above_optimum <= gap
            return self.seconds if near else None
        return next((s for s, cost, bound in self.trace if cost - bound <= gap * bound), None)


# ---- the problem, read and checked without geoplan --------------------------------------------


@dataclass(frozen=True, slots=True)
class Problem:
    nodes: int
    edges: list[tuple[int, int, int]]
    terminals: list[int]


def read_problem(path: Path) -> Problem:
    """Read a well-formed file, 1-based; this is no place to be strict."""
    nodes, edges, terminals, section = 0, [], [], ""
    for line in path.read_text("latin-1").splitlines():
        words = line.split()
        key = words[0].lower() if words else ""
        if key == "section":
            section = words[1].lower()
        elif section == "graph" and key == "nodes":
            nodes = int(words[1])
        elif section == "graph" and key == "e":
            edges.append((int(words[1]), int(words[2]), int(words[3])))
        elif section == "terminals" and key == "t":
            terminals.append(int(words[1]))
    return Problem(nodes, edges, terminals)


def checked_cost(problem: Problem, solution: Path) -> int:
    """Cost of a tree on file, added up from the problem; a ValueError when it is no such tree."""
    price: dict[tuple[int, int], int] = {}
    for one, other, cost in problem.edges:
        pair = min(one, other), max(one, other)
        price[pair] = min(cost, price.get(pair, cost))
    group = {node: node for node in problem.terminals}

    def top(node: int) -> int:
        while group[node] != node:
            group[node] = node = group[group[node]]
        return node

    total = 0
    for line in solution.read_text("ascii").splitlines():
        one, other = map(int, line.split())
        total += price[min(one, other), max(one, other)]
        group.setdefault(one, one)
        group.setdefault(other, other)
        if top(one) == top(other):
            raise ValueError(f"edge {one} {other} closes a circle")
        group[top(one)] = top(other)
    if len({top(node) for node in group}) > 1:
        raise ValueError("the edges do not connect the terminals")
    return total


# ---- one run, in a process of its own ---------------------------------------------------------


def worker(tool: str, path: Path, solution: Path, limit_s: float, gap: float, seed: int) -> None:
    """Solve one instance, write the tree, print what it took as JSON."""
    solver = {"geoplan": run_geoplan, "networkx": run_networkx, "rustworkx": run_rustworkx}[tool]
    answer = solver(path, solution, limit_s, gap, seed)
    answer["peak_mb"] = peak_mb()
    print(json.dumps(answer))


def peak_mb() -> float:
    """Most memory that this process held."""
    status = Path("/proc/self/status")
    if status.exists():  # what its parent held before it became this program is not counted
        text = status.read_text("ascii", "replace")
        return int(text.split("VmHWM:")[1].split()[0]) / 1024
    import resource

    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used / (2**20 if sys.platform == "darwin" else 2**10)


def run_geoplan(
    path: Path, solution: Path, limit_s: float, gap: float, seed: int
) -> dict[str, object]:
    from geoplan.cli_steiner import write_tree
    from geoplan.optimize.steiner.solve import solve_steiner
    from geoplan.steinlib import read_steiner

    began_s = time.perf_counter()
    instance = read_steiner(path)
    read_s = time.perf_counter() - began_s
    trace: list[tuple[float, int, int]] = []

    def note(seconds: float, cost: int, bound: int) -> None:
        trace.append((read_s + seconds, int(cost), int(bound)))

    result = solve_steiner(
        instance, seed=seed, time_limit_s=max(0.0, limit_s - read_s), target_gap=gap, trace=note
    )
    seconds = time.perf_counter() - began_s
    trace.append((seconds, int(result.cost), int(result.bound)))
    write_tree(solution, instance, result.edges)
    return {
        "status": result.status,
        "bound": int(result.bound),
        "read_s": read_s,
        "seconds": seconds,
        "trace": trace,
    }


def run_networkx(path: Path, solution: Path, *_: object) -> dict[str, object]:
    import networkx as nx

    began_s = time.perf_counter()
    problem = read_problem(path)
    graph = nx.Graph()
    for one, other, cost in sorted(problem.edges, key=lambda edge: -edge[2]):
        graph.add_edge(one, other, weight=cost)  # of parallel edges the cheapest stays
    # it stumbles over nodes without a way to the terminals
    graph = graph.subgraph(nx.node_connected_component(graph, problem.terminals[0]))
    read_s = time.perf_counter() - began_s
    tree = nx.algorithms.approximation.steiner_tree(graph, problem.terminals, method="mehlhorn")
    seconds = time.perf_counter() - began_s
    solution.write_text("".join(f"{one} {other}\n" for one, other in tree.edges), "ascii")
    return {"status": "heuristic", "read_s": read_s, "seconds": seconds}


def run_rustworkx(path: Path, solution: Path, *_: object) -> dict[str, object]:
    import rustworkx as rx

    began_s = time.perf_counter()
    problem = read_problem(path)
    graph = rx.PyGraph(multigraph=True)
    graph.add_nodes_from(range(problem.nodes + 1))
    graph.add_edges_from([(one, other, (one, other, cost)) for one, other, cost in problem.edges])
    inside = rx.node_connected_component(graph, problem.terminals[0])
    graph.remove_nodes_from(set(graph.node_indices()) - set(inside))
    read_s = time.perf_counter() - began_s
    tree = rx.steiner_tree(graph, problem.terminals, lambda edge: float(edge[2]))
    seconds = time.perf_counter() - began_s
    solution.write_text("".join(f"{one} {other}\n" for one, other, _ in tree.edges()), "ascii")
    return {"status": "heuristic", "read_s": read_s, "seconds": seconds}


def measure(path: Path, problem: Problem, tool: str, options: argparse.Namespace) -> Row:
    """Run a tool on an instance; a crash, a tree that is none and a timeout are results, too."""
    row = Row(path.stem, problem.nodes, len(problem.edges), len(problem.terminals), tool, "failed")
    limit_s = options.time_limit
    patience_s = limit_s * 1.5 + 60 if tool == "geoplan" else options.peer_limit
    with tempfile.TemporaryDirectory() as folder:
        solution = Path(folder) / "tree.txt"
        numbers = (str(limit_s), str(options.gap), str(options.seed))
        command = [sys.executable, __file__, "--worker", tool, str(path), str(solution), *numbers]
        began_s = time.perf_counter()
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=patience_s, check=True
            )
            wall_s = time.perf_counter() - began_s
            answer = json.loads(done.stdout.splitlines()[-1])
            cost = checked_cost(problem, solution)
        except subprocess.TimeoutExpired:
            return replace(row, status=f"none in {patience_s:.0f} s")
        except subprocess.CalledProcessError as error:
            print(error.stderr, file=sys.stderr)
            return row
        except (ValueError, KeyError) as error:
            return replace(row, status=f"wrong: {error}")
    bound = answer.get("bound")
    return replace(
        row,
        status=answer["status"],
        cost=cost,
        bound=bound,
        gap=None if not bound else (cost - bound) / bound,
        read_s=answer["read_s"],
        seconds=answer["seconds"],
        start_s=wall_s - answer["seconds"],
        peak_mb=answer["peak_mb"],
        trace=tuple((float(s), int(c), int(b)) for s, c, b in answer.get("trace", ())),
    )


# ---- what is told -----------------------------------------------------------------------------


def known_optima(paths: list[Path]) -> dict[str, int]:
    """Optima from the tables that lie beside the instances."""
    found: dict[str, int] = {}
    for table in {path.parent / "instances.csv" for path in paths}:
        if table.is_file():
            with table.open(encoding="utf-8", newline="") as stream:
                found.update({row["name"]: int(row["optimum"]) for row in csv.DictReader(stream)})
    return found


def with_optimum(rows: list[Row], optimum: int | None) -> list[Row]:
    """Say how far each tree of an instance is above the optimum, or the best known of this run."""
    costs = [row.cost for row in rows if row.cost is not None]
    if not costs:
        return rows
    mark = min(costs) if optimum is None else optimum
    for row in rows:
        if optimum is not None and row.cost is not None and row.cost < optimum:
            print(f"WRONG: {row.instance} {row.tool} costs {row.cost} < optimum {optimum}")
        if optimum is not None and row.bound is not None and row.bound > optimum:
            print(f"WRONG: {row.instance} {row.tool} bound {row.bound} > optimum {optimum}")
    return [
        replace(
            row,
            optimum=optimum,
            above_optimum=(row.cost - mark) / mark if row.cost is not None and mark else None,
        )
        for row in rows
    ]


def line(row: Row) -> str:
    """One row of the markdown table."""

    def share(value: float | None) -> str:
        return "-" if value is None else f"{value:.4%}"

    def number(value: float | None, digits: int = 2) -> str:
        return "-" if value is None else f"{value:,.{digits}f}"

    cells = [row.instance, f"{row.nodes:,}", f"{row.terminals:,}", row.tool]
    cells += [number(row.cost, 0), number(row.bound, 0), share(row.gap), share(row.above_optimum)]
    cells += [row.status, number(row.seconds)]
    cells += [number(row.time_to(gap)) for gap in GAPS.values()]
    cells += [number(row.start_s), number(row.peak_mb, 0)]
    return "| " + " | ".join(cells) + " |"


def factors(rows: list[Row]) -> list[str]:
    """Compare with each peer: whose tree is better, and how long geoplan took to be no worse."""
    told = []
    ours = {row.instance: row for row in rows if row.tool == "geoplan" and row.cost is not None}
    for row in rows:
        own = ours.get(row.instance)
        if row.tool == "geoplan" or own is None or own.cost is None or row.cost is None:
            continue
        excess = row.cost / own.cost - 1
        even_s = next((s for s, cost, _ in own.trace if cost <= row.cost), None)
        pace = "never" if even_s is None else f"after {even_s:.2f} s"
        if even_s and row.seconds:
            slower = even_s > row.seconds
            factor = even_s / row.seconds if slower else row.seconds / even_s
            pace += f", {factor:.1f} times as {'long' if slower else 'fast'}"
        told.append(
            f"- {row.instance}: {row.tool}'s tree costs {excess:.3%} more than geoplan's; "
            f"geoplan had one as good {pace}"
        )
    return told


def write_results(rows: list[Row], options: argparse.Namespace) -> None:
    """Write table and profile; the plot is left out where matplotlib is missing."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    names = [name for name in Row.__slots__ if name != "trace"]
    with (RESULTS / "steiner.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, [*names, *(f"seconds to {name}" for name in GAPS)])
        writer.writeheader()
        for row in rows:
            values = asdict(row)
            del values["trace"]
            times = {f"seconds to {name}": row.time_to(gap) for name, gap in GAPS.items()}
            writer.writerow(values | times)
    head = [f"| {COLUMNS} |", "|---" * len(COLUMNS.split("|")) + "|"]
    title = f"# Steiner trees: time limit {options.time_limit:g} s, seed {options.seed}\n"
    text = "\n".join([title, *head, *map(line, rows), "", *factors(rows), ""])
    (RESULTS / "steiner.md").write_text(text, "utf-8")
    if importlib.util.find_spec("matplotlib") is None:
        print("no profile: matplotlib is not installed")
    else:
        draw_profile(rows, RESULTS / "steiner.png")


def draw_profile(rows: list[Row], path: Path) -> None:
    """Draw which share of the instances had reached a gap after a time."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(8, 5), layout="constrained")
    ends_s = [row.seconds for row in rows if row.seconds is not None] or [1.0]
    reached_s = [s for row in rows for gap in GAPS.values() if (s := row.time_to(gap))]
    first_s, last_s = min(reached_s + ends_s) / 2, max(ends_s)
    styles = {"geoplan": "-", "networkx": "--", "rustworkx": ":"}
    for tool in TOOLS:
        mine = [row for row in rows if row.tool == tool]
        for number, (name, gap) in enumerate(GAPS.items()):
            times = sorted(s for row in mine if (s := row.time_to(gap)) is not None)
            if not mine or (tool != "geoplan" and not times):
                continue
            steps = [(first_s, 0.0)]
            steps += [(s, (n + 1) / len(mine)) for n, s in enumerate(times)]
            steps.append((last_s, len(times) / len(mine)))
            what = name if tool == "geoplan" else f"{name}, tree only"
            axes.step(
                *zip(*steps, strict=True),
                where="post",
                linestyle=styles[tool],
                color=f"C{number}",
                linewidth=4.5 - number,  # where lines run together all of them show
                alpha=0.8,
                label=f"{tool}: {what}",
            )
    axes.set(xscale="log", xlabel="seconds", ylabel="share of instances", ylim=(-0.02, 1.02))
    axes.grid(alpha=0.3)
    axes.legend(fontsize="small")
    figure.savefig(path, dpi=120)
    plt.close(figure)


# ---- the run ----------------------------------------------------------------------------------


def wanted(options: argparse.Namespace) -> tuple[list[Path], list[str]]:
    """Instances and tools of this run; files come before the names of the folder's instances."""
    shared = Path(os.environ.get("GEOPLAN_SHARED") or ROOT.parent / "shared")
    folder = shared / "bench" / "steiner"
    named = [Path(name) for name in options.instances or sorted(folder.glob("*.gr"))]
    paths = [p if p.is_file() else folder / f"{p.name.removesuffix('.gr')}.gr" for p in named]
    missing = [str(path) for path in paths if not path.is_file()]
    if missing or not paths:
        raise SystemExit(f"no such instance: {', '.join(missing) or folder}")
    paths.sort(key=lambda path: path.stat().st_size)
    tools = [tool for tool in TOOLS if tool in (options.only or TOOLS)]
    for tool in tools[:]:
        if importlib.util.find_spec(tool) is None:
            print(f"{tool} is not installed and left out (pip install geoplan[bench])")
            tools.remove(tool)
    return paths, tools


def main() -> int:
    if sys.argv[1:2] == ["--worker"]:
        tool, path, solution, *numbers = sys.argv[2:]
        limit_s, gap, seed = numbers
        worker(tool, Path(path), Path(solution), float(limit_s), float(gap), int(seed))
        return 0
    parser = argparse.ArgumentParser(description="Steiner trees: geoplan and its peers")
    parser.add_argument("--time-limit", type=float, default=60.0, metavar="S")
    parser.add_argument("--peer-limit", type=float, default=300.0, metavar="S")
    parser.add_argument("--gap", type=float, default=0.0, metavar="G")
    parser.add_argument("--seed", type=int, default=1, metavar="N")
    parser.add_argument("--instances", nargs="+", metavar="FILE", help="files, or names")
    parser.add_argument("--only", nargs="+", choices=TOOLS)
    options = parser.parse_args()
    paths, tools = wanted(options)
    optima = known_optima(paths)
    if "geoplan" in tools:  # kernels compile once per machine: not what is measured here
        short = argparse.Namespace(**{**vars(options), "time_limit": 5.0})
        measure(paths[0], read_problem(paths[0]), "geoplan", short)
    rows: list[Row] = []
    print(f"| {COLUMNS} |", "|---" * len(COLUMNS.split("|")) + "|", sep="\n", flush=True)
    for path in paths:
        problem = read_problem(path)
        found = [measure(path, problem, tool, options) for tool in tools]
        rows += with_optimum(found, optima.get(path.stem))
        print(*map(line, rows[-len(found) :]), sep="\n", flush=True)
    print(*factors(rows), sep="\n")
    write_results(rows, options)
    print(f"written to {RESULTS}")
    return 0 if all(row.cost is not None for row in rows if row.tool == "geoplan") else 1


if __name__ == "__main__":
    raise SystemExit(main())
