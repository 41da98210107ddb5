"""Shared cores through the whole walk: plan, file, verifier, lists, map and report.

The scenarios are the examples of ``docs/access.md``, on the small city of files.
"""

from __future__ import annotations

import csv
import json
import re
import shutil
import sqlite3
import zipfile
from decimal import Decimal
from pathlib import Path

import ezdxf
import openpyxl
import pyogrio
import pytest
from small_city import small_city

from geoplan.errors import InputError
from geoplan.export import export_packs
from geoplan.maps.payload import build_payload
from geoplan.optimize.blocks import blocks_of_sites, build_blocks
from geoplan.pipeline import make_plan, prepare
from geoplan.plan import Plan
from geoplan.plan_file import save_plan
from geoplan.read import read_layers, read_scenario
from geoplan.rebuild import rebuild
from geoplan.report.sections.access import shared_cores
from geoplan.report.words import Voice
from geoplan.scenario import Scenario
from geoplan.scenario_toml import parse_scenario, render_scenario
from geoplan.verify import CheckReport, check_plan

ROOT = Path(__file__).resolve().parent.parent
KINDS = ("ring_pair", "splitter", "mixed")


def example(kind: str) -> str:
    """The example of an architecture in the page on access."""
    page = (ROOT / "docs" / "access.md").read_text("utf-8")
    blocks = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    return next(block for block in blocks if f'architecture = "{kind}"' in block)


def with_access(text: str, kind: str) -> str:
    """The scenario with the sections of an example in place of its own; two for ``mixed``."""
    start = text.index("[access]")
    text = text[:start] + text[text.index("[optics]") :]
    wanted = ["ring_pair", "splitter"] if kind == "mixed" else [kind]
    for name in wanted:
        block = example(name)
        prices = re.search(r"\[placeholder_prices\]\n(.*\n)", block)
        if prices:
            block = block.replace(prices[0], "")
            text = text.replace("[placeholder_prices]\n", f"[placeholder_prices]\n{prices[1]}")
        optics = block[block.index("[[optics.types]]") :]
        rules = block.removesuffix(optics)
        if name == "splitter" and kind == "mixed":
            rules = rules[rules.index("[access.splitter]") :]
        elif kind == "mixed":
            rules = rules.replace("[access]", '[access]\nmunicipal_architecture = "splitter"')
        text = text.replace("[optics]\n", f"{rules}\n[optics]\n")
        text = text.replace("[weights]\n", f"{optics}\n[weights]\n")
    # so that trees and pairs of the small city are full, and splitters stand off their homes
    for old, new in (
        ("split_ratio = 8", "split_ratio = 4"),
        ("sites_per_pair = 6", "sites_per_pair = 3"),
        ("splitter = { value_yuan = 400.0", "splitter = { value_yuan = 0.02"),
    ):
        text = text.replace(old, new)
    return text


@pytest.fixture(scope="module", params=KINDS)
def scenario(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Scenario:
    city = small_city(tmp_path_factory.mktemp(request.param))
    text = with_access(city.scenario.read_text("utf-8"), request.param)
    city.write("scenario.toml", text.replace("work_limit = 1.0", "work_limit = 0.1"))
    return read_scenario(city.scenario)


@pytest.fixture(scope="module")
def plan(scenario: Scenario) -> Plan:
    return make_plan(scenario, read_layers(scenario))


@pytest.fixture(scope="module")
def saved(plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("saved") / "plan.gpkg"
    save_plan(plan, path)
    return path


def check_changed(saved: Path, tmp_path: Path, *changes: str) -> CheckReport:
    path = Path(shutil.copy(saved, tmp_path / "plan.gpkg"))
    connection = sqlite3.connect(path)
    with connection:
        for (name,) in connection.execute(
            "select name from sqlite_master where type = 'trigger'"
        ).fetchall():
            connection.execute(f'drop trigger "{name}"')  # those of the spatial index
        for change in changes:
            assert connection.execute(change).rowcount > 0, change
    connection.close()
    return check_plan(path)


def test_the_scenario_reads_back(scenario: Scenario) -> None:
    assert parse_scenario(render_scenario(scenario), path=scenario.path) == scenario


def test_the_plan_holds(saved: Path) -> None:
    report = check_plan(saved)
    assert report.broken() == ()


def test_sites_share_and_the_bill_says_so(plan: Plan, scenario: Scenario) -> None:
    feeders, sites = plan["feeders"], plan["sites"]
    served = sites[sites["served"] & sites["level"].isin(["township", "municipal"])]
    assert int(feeders["sites"].sum()) == len(served) > 0
    assert (feeders["sites"] > 1).any()
    kinds = set(feeders["architecture"])
    assert kinds == scenario.access.used - {"star"}
    bill = plan["bill"]
    splitters = bill[bill["category"] == "splitter"]
    assert int(splitters["cost_cents"].sum()) == int(feeders["cost_cents"].sum())
    assert bool(len(splitters)) == ("splitter" in kinds)
    assert int(sites["cost_share_cents"].sum()) == plan.cost_cents
    assert 0 < plan.certificate["bound_cents"] <= plan.cost_cents


def test_sharing_takes_fewer_cores_than_a_star(scenario: Scenario, plan: Plan) -> None:
    """On the most used stretch there are fewer cores than two for each site on it."""
    routes = plan["routes"]
    busy = routes.loc[routes["sites_served"].idxmax()]
    assert busy["cores_used"] < 2 * busy["sites_served"]
    assert scenario.access.sharing("star") == 1


BROKEN: dict[str, tuple[set[str], str, tuple[str, ...]]] = {
    # name: kinds it can be done to, a rule that must break, what is done
    "one more site than the splitter has ports": (
        {"ring_pair", "splitter", "mixed"},
        "access.feeders",
        ("update feeders set most_sites = most_sites + 1",),
    ),
    "two sites in one place": (
        {"ring_pair", "splitter", "mixed"},
        "access.feeders",
        (
            "update core_paths set place = 1 where feeder_id = (select feeder_id from feeders "
            "where sites > 1 limit 1)",
        ),
    ),
    "a site on its own cores": (
        {"ring_pair", "splitter", "mixed"},
        "access.sites",
        (
            "update core_paths set feeder_id = '', place = 0 where rowid = (select max(rowid) "
            "from core_paths where feeder_id != '')",
        ),
    ),
    "the splitter elsewhere": (
        {"splitter", "mixed"},
        "access.splitters",
        ("update feeders set node_id = node_id + 100000 where architecture = 'splitter'",),
    ),
    "a free splitter": (
        {"splitter", "mixed"},
        "access.feeders",
        ("update feeders set cost_cents = 0 where architecture = 'splitter'",),
    ),
    "a splitter paid a phase late": (
        {"splitter", "mixed"},
        "phases.cost",
        ("update feeders set phase = phase % 3 + 1 where architecture = 'splitter'",),
    ),
    "a shared core that is another one": (
        {"ring_pair", "splitter", "mixed"},
        "access.schedule",
        (
            "update core_schedule set core_first = core_first + 1, core_last = core_last + 1 "
            "where rowid = (select max(a.rowid) from core_schedule a join core_schedule b on "
            "a.edge_id = b.edge_id and a.feeder_id = b.feeder_id and a.path_id != b.path_id "
            "where a.shared and b.shared)",
        ),
    ),
    "a shared core called one's own": (
        {"ring_pair", "splitter", "mixed"},
        "access.schedule",
        (
            "update core_schedule set shared = 0 where rowid = (select max(rowid) from "
            "core_schedule where shared)",
        ),
    ),
    "a feeder taken by another one": (
        {"ring_pair"},
        "P1.cores",
        (
            "update core_schedule set core_first = (select min(b.core_first) from core_schedule "
            "b where b.edge_id = core_schedule.edge_id), core_last = 1 + (select "
            "min(b.core_first) from core_schedule b where b.edge_id = core_schedule.edge_id)",
        ),
    ),
    "a ring in another order": (
        {"ring_pair"},
        "access.feeders",
        (
            "update core_paths set place = (select sites + 1 from feeders f where f.feeder_id = "
            "core_paths.feeder_id) - place where feeder_id in (select feeder_id from feeders "
            "where sites > 1)",
        ),
    ),
    "loss without the splitter": (
        {"splitter"},
        "paths.loss",
        ("update core_paths set loss_db = loss_db - 10.7 where feeder_id != ''",),
    ),
    "the bound without its even parts": (
        {"ring_pair", "splitter", "mixed"},
        "bound.dual",
        ("update bound_cuts set dual_cents = dual_cents * 2",),
    ),
    "the share of the splitter given to nobody": (
        {"splitter", "mixed"},
        "sites.cost_share",
        (
            "update sites set cost_share_cents = cost_share_cents - 10000 where site_id in "
            "(select site_id from core_paths where feeder_id != '' limit 1)",
        ),
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_changed_is_found(
    name: str, saved: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    kinds, rule, changes = BROKEN[name]
    if request.node.callspec.params["scenario"] not in kinds:
        pytest.skip("not of this architecture")
    assert rule in check_changed(saved, tmp_path, *changes).broken()


def test_a_site_more_than_the_scenario_allows(saved: Path, tmp_path: Path, plan: Plan) -> None:
    text = str(plan.provenance["scenario_toml"])
    smaller = text.replace("sites_per_pair = 3", "sites_per_pair = 1")
    smaller = smaller.replace("split_ratio = 4", "split_ratio = 1")
    path = Path(shutil.copy(saved, tmp_path / "plan.gpkg"))
    connection = sqlite3.connect(path)
    with connection:
        connection.execute(
            "update provenance set value = ? where key = 'scenario_toml'",
            (json.dumps(smaller, ensure_ascii=False),),
        )
    connection.close()
    assert "access.feeders" in check_plan(path).broken()


def test_the_lists_name_every_port(plan: Plan, tmp_path: Path) -> None:
    files = {path.name: path for path in export_packs(plan, tmp_path, language="en")}
    with files["feeders.csv"].open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["feeder id"] for row in rows] == plan["feeders"]["feeder_id"].tolist()
    told = sum(int(Decimal(row["splitters (yuan)"]) * 100) for row in rows)
    assert told == int(plan["feeders"]["cost_cents"].sum())
    with files["core_schedule.csv"].open(encoding="utf-8-sig", newline="") as stream:
        schedule = list(csv.DictReader(stream))
    place = "place on the ring pair, or splitter port"
    assert [int(row[place]) for row in schedule] == plan["core_schedule"]["place"].tolist()
    book = openpyxl.load_workbook(files["overview-en.xlsx"], read_only=True)
    assert "feeders" in book.sheetnames
    book.close()


def test_the_map_and_the_report_say_how_sites_are_joined(plan: Plan) -> None:
    sites = build_payload(plan, language="zh", tiles=None)["sites"]
    shared = dict(zip(sites["site_id"], sites["access_en"], strict=True))
    paths = plan["core_paths"].set_index("site_id")
    for site, told in shared.items():
        feeder = paths["feeder_id"].get(site, "") if site in paths.index else ""
        feeder = feeder if isinstance(feeder, str) else ""
        assert bool(told) == bool(feeder)
        if feeder:
            assert feeder in told
            assert str(paths.loc[site, "place"]) in told
    for language in ("zh", "en"):
        blocks = shared_cores(plan, Voice(language))  # type: ignore[arg-type]
        table = blocks[-1]
        assert sum(int(row[3]) for row in table.rows) == int(plan["feeders"]["sites"].sum())
        assert sum(int(row[2]) for row in table.rows) == len(plan["feeders"])


def test_questions_are_asked_of_the_same_cores(plan: Plan, scenario: Scenario) -> None:
    """What a plan is rebuilt into takes the cores, and costs the cents, of the plan."""
    layers = read_layers(scenario)
    rebuilt = rebuild(plan, scenario, layers)
    opened = plan["routes"].set_index("edge_id")["cores_used"]
    everyone = bool(plan["sites"].loc[plan["sites"]["attached"], "served"].all())
    assert everyone
    assert rebuilt.design.edge_cores[opened.index].tolist() == opened.tolist()
    blocks = build_blocks(rebuilt.problem, rebuilt.design)
    assert int(blocks.cost_cents.sum()) == plan.cost_cents
    spent = blocks_of_sites(rebuilt.problem, blocks, rebuilt.site_phase) @ blocks.cost_cents
    assert spent.tolist() == plan.phases["cost_cents"].cumsum().tolist()


def test_a_star_has_no_feeders(tmp_path: Path) -> None:
    city = small_city(tmp_path)
    scenario = read_scenario(city.scenario)
    problem = prepare(scenario, read_layers(scenario)).problem
    assert len(problem.site_share) == 0
    assert problem.shares.tolist() == [1] * problem.n_sites


def test_each_architecture_needs_its_section_its_optics_and_its_price(tmp_path: Path) -> None:
    city = small_city(tmp_path)
    text = city.scenario.read_text("utf-8").replace('"star" ', '"splitter" ', 1)
    assert 'architecture = "splitter"' in text
    city.write("scenario.toml", text)
    with pytest.raises(InputError) as caught:
        read_scenario(city.scenario)
    rules = {fault.rule for fault in caught.value.faults}
    assert rules == {"scenario.missing_key", "scenario.missing_price", "scenario.no_optic_of_kind"}


def test_the_drawings_show_what_sites_share(plan: Plan, tmp_path: Path) -> None:
    files = {p.suffix: p for p in export_packs(plan, tmp_path, formats=["gpkg", "kmz", "dxf"])}
    built = plan["feeders"][plan["feeders"]["phase"] > 0]
    assert len(built)
    rows = pyogrio.read_dataframe(files[".gpkg"], layer="feeders").set_index("feeder_id")
    assert rows["phase"].to_dict() == built.set_index("feeder_id")["phase"].to_dict()
    assert round(rows["cost_yuan"].sum() * 100) == built["cost_cents"].sum()
    with zipfile.ZipFile(files[".kmz"]) as pack:
        text = pack.read("doc.kml").decode("utf-8")
    drawing = ezdxf.readfile(files[".dxf"])
    assert (drawing.audit().errors, drawing.audit().fixes) == ([], [])
    marks = [m.get_attrib_text("FEEDER_ID") for m in drawing.modelspace().query("INSERT")]
    for feeder in built["feeder_id"]:
        assert text.count(f"<name>{feeder}</name>") == 1
        assert marks.count(feeder) == 1
