"""Column contracts: what every layer that comes in and every table of a plan file holds.

One place says for each column its name (with its unit), its type and its label in Chinese and
English; readers check against it, writers write by it, outputs take their labels from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from geoplan.text import Text

__all__ = [
    "CORE_PATHS",
    "DISTRICTS",
    "DISTRICTS_FILE",
    "DISTRICT_OUTLINES_FILE",
    "EXISTING_CABLES",
    "EXISTING_CABLES_FILE",
    "EXISTING_DUCTS",
    "EXISTING_DUCTS_FILE",
    "MUNICIPAL_UNITS_FILE",
    "ORIGINS",
    "PLAN_TABLES",
    "POSITION_QUALITIES",
    "ROADS",
    "ROAD_CLASS_NAMES",
    "SITES",
    "STRUCTURE_NAMES",
    "TOWNSHIPS_FILE",
    "Column",
    "ColumnKind",
    "InputTable",
    "Table",
]

ColumnKind = Literal["str", "int", "float", "bool"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column: name, type, label, and whether a value may be missing."""

    name: str
    kind: ColumnKind
    label: Text
    nullable: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """One table: name, geometry type (``None`` for plain tables), columns, label, key."""

    name: str
    geometry: Literal["Point", "LineString", "MultiPolygon"] | None
    label: Text
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()

    def column_names(self) -> list[str]:
        """Return the names of the columns in order, geometry left out."""
        return [column.name for column in self.columns]

    def column(self, name: str) -> Column:
        """Return the column called ``name``; ``KeyError`` when there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)


@dataclass(frozen=True, slots=True)
class InputTable:
    """One file that a user gives: its columns, its key, and the columns that may be left out.

    A ``nullable`` column may have empty cells; an ``optional`` one may be absent altogether.
    """

    name: str
    columns: tuple[Column, ...]
    key: str
    optional: tuple[str, ...] = ()


def _c(name: str, kind: ColumnKind, zh: str, en: str, *, nullable: bool = False) -> Column:
    return Column(name, kind, Text(zh, en), nullable)


# ---- layers that come in ----------------------------------------------------------------------

DISTRICTS = Table(
    "districts",
    "MultiPolygon",
    Text("行政区", "districts"),
    (
        _c("code", "str", "区划代码", "code"),
        _c("name", "str", "名称", "name"),
        _c("population", "int", "人口（2020年普查）", "population (census 2020)"),
    ),
    key=("code",),
)

SITES = Table(
    "sites",
    "Point",
    Text("站点", "sites"),
    (
        _c("site_id", "str", "站点编号", "site id"),
        _c("name", "str", "名称", "name"),
        # core | district | municipal | township
        _c("level", "str", "层级", "level"),
        _c("district_code", "str", "所属区代码", "district code"),
        _c("district_name", "str", "所属区", "district"),
        # seat | predecessor_seat | village_median | named_place | unknown | reconstructed | given
        _c("position_quality", "str", "位置依据", "position quality"),
        _c("villages", "int", "村（社区）数", "villages and communities"),
        _c("uses_system", "bool", "使用业务系统", "uses a business system"),
        # node of the existing plant whose cable ends at this site ("" if none)
        _c("existing_node", "str", "现有光缆终端", "existing plant node"),
        _c("note", "str", "说明", "note"),
    ),
    key=("site_id",),
)

ROADS = Table(
    "roads",
    "LineString",
    Text("道路", "roads"),
    (
        _c("road_class", "str", "道路等级", "road class"),
        # none | bridge | tunnel
        _c("structure", "str", "桥隧", "bridge or tunnel"),
    ),
)

EXISTING_DUCTS = Table(
    "existing_ducts",
    "LineString",
    Text("现有管道", "existing ducts"),
    (
        _c("duct_id", "str", "管道编号", "duct id"),
        _c("node_a", "str", "起点", "from node"),
        _c("node_b", "str", "终点", "to node"),
        _c("length_m", "int", "长度（米）", "length (m)"),
        _c("bores", "int", "管孔数", "bores"),
        _c("bores_used", "int", "已占管孔", "bores used"),
        # surveyed | reconstructed
        _c("origin", "str", "来源", "origin"),
    ),
    key=("duct_id",),
)

EXISTING_CABLES = Table(
    "existing_cables",
    "LineString",
    Text("现有光缆", "existing cables"),
    (
        _c("cable_id", "str", "光缆编号", "cable id"),
        _c("duct_id", "str", "所在管道", "duct id"),
        _c("length_m", "int", "长度（米）", "length (m)"),
        _c("cores", "int", "芯数", "cores"),
        _c("cores_used", "int", "内网在用芯数", "cores in use by the intranet"),
        _c("origin", "str", "来源", "origin"),
    ),
    key=("cable_id",),
)

# ---- files that a user gives ------------------------------------------------------------------
# The tables above are what the house works with; these are the columns of the files they are
# made from. ``lon`` and ``lat`` are columns of CSV files; other sources carry a geometry.

_LON_LAT = (
    _c("lon", "float", "经度", "longitude", nullable=True),
    _c("lat", "float", "纬度", "latitude", nullable=True),
)

DISTRICTS_FILE = InputTable(
    "districts",
    (
        *DISTRICTS.columns,
        # seat of the district government: the hub stands there
        _c("seat_lon", "float", "政府驻地经度", "longitude of the seat", nullable=True),
        _c("seat_lat", "float", "政府驻地纬度", "latitude of the seat", nullable=True),
        _c("seat_position", "str", "驻地位置依据", "position quality of the seat", nullable=True),
        _c("area_published_km2", "float", "公布面积", "published area (km2)", nullable=True),
    ),
    key="code",
    optional=("seat_position", "area_published_km2"),
)

DISTRICT_OUTLINES_FILE = InputTable(
    "district_outlines",
    (
        _c("code", "str", "区划代码", "code"),
        _c("name", "str", "名称", "name", nullable=True),
    ),
    key="code",
    optional=("name",),
)

TOWNSHIPS_FILE = InputTable(
    "townships",
    (
        _c("code", "str", "区划代码", "code"),
        _c("name", "str", "名称", "name"),
        # subdistrict | town | township
        _c("kind", "str", "类型", "kind", nullable=True),
        _c("district_code", "str", "所属区代码", "district code"),
        _c("district_name", "str", "所属区", "district", nullable=True),
        *_LON_LAT,
        _c("position_quality", "str", "位置依据", "position quality", nullable=True),
        _c("villages", "int", "村（社区）数", "villages and communities"),
        _c("note", "str", "说明", "note", nullable=True),
    ),
    key="code",
    optional=("kind", "district_name", "position_quality", "note"),
)

MUNICIPAL_UNITS_FILE = InputTable(
    "municipal_units",
    (
        _c("unit_id", "str", "单位编号", "unit id"),
        _c("name", "str", "名称", "name"),
        _c("district_code", "str", "所属区代码", "district code", nullable=True),
        _c("district_name", "str", "所属区", "district", nullable=True),
        *_LON_LAT,
        _c("position_quality", "str", "位置依据", "position quality", nullable=True),
        _c("uses_system", "bool", "使用业务系统", "uses a business system", nullable=True),
        _c("existing_node", "str", "现有光缆终端", "existing plant node", nullable=True),
        _c("note", "str", "说明", "note", nullable=True),
    ),
    key="unit_id",
    optional=(
        "district_code",
        "district_name",
        "position_quality",
        "uses_system",
        "existing_node",
        "note",
    ),
)

EXISTING_DUCTS_FILE = InputTable(
    "existing_ducts",
    EXISTING_DUCTS.columns,
    key="duct_id",
    optional=("length_m", "origin"),
)

EXISTING_CABLES_FILE = InputTable(
    "existing_cables",
    EXISTING_CABLES.columns,
    key="cable_id",
    optional=("length_m", "origin"),
)

POSITION_QUALITIES: tuple[str, ...] = (
    "seat",
    "predecessor_seat",
    "village_median",
    "named_place",
    "unknown",
    "reconstructed",
    "given",
)
"""How a position is known (values of ``position_quality``)."""

ORIGINS: tuple[str, ...] = ("surveyed", "reconstructed")
"""Where rows of the existing plant come from (values of ``origin``)."""

ROAD_CLASS_NAMES: tuple[str, ...] = ("road_class", "highway", "class", "fclass")
STRUCTURE_NAMES: tuple[str, ...] = ("structure", "brunnel")
"""Names under which common sources (OpenStreetMap, its tiles, Geofabrik) carry these columns."""

# ---- tables of a plan file --------------------------------------------------------------------

_P_SITES = Table(
    "sites",
    "Point",
    Text("站点", "sites"),
    (
        *SITES.columns,
        _c("placed", "bool", "有位置", "has a position"),
        _c("attached", "bool", "已接入候选图", "attached to the candidate graph"),
        _c("node_id", "int", "图节点", "graph node"),
        _c("weight", "int", "权重", "weight"),
        _c("weight_reason", "str", "权重依据", "reason of the weight"),
        _c("home_id", "str", "归属节点", "home (where its cores end)"),
        _c("ways_required", "int", "所需路由数", "ways required"),
        _c("cores_per_way", "int", "每路纤芯数", "cores per way"),
        _c("equipment_cents", "int", "设备费（分）", "equipment (cents)"),
        _c("served", "bool", "已接入", "served"),
        _c("phase", "int", "分期（0为未建）", "phase (0: not served)"),
        _c("lot", "str", "标段", "lot"),
        _c("path_length_m", "float", "路由长度（米）", "path length (m)", nullable=True),
        _c("loss_db", "float", "链路衰耗（dB）", "link loss (dB)", nullable=True),
        _c("optic", "str", "光模块", "optic"),
        # shares of the stretches on its ways, each split evenly by cores, plus equipment
        _c("cost_share_cents", "int", "分摊费用（分）", "share of cost (cents)"),
        # why it is in this phase, from the facts of the plan; one sentence per language
        _c("why_zh", "str", "分期理由", "why this phase (Chinese)"),
        _c("why_en", "str", "分期理由（英文）", "why this phase"),
    ),
    key=("site_id",),
)

_P_ROUTES = Table(
    "routes",
    "LineString",
    Text("路由", "routes"),
    (
        _c("edge_id", "int", "路由段编号", "stretch id"),
        _c("method", "str", "敷设方式", "method"),
        _c("phase", "int", "分期", "phase that opens it"),
        _c("lot", "str", "标段", "lot"),
        _c("district_code", "str", "所在区代码", "district code"),
        _c("length_m", "float", "沟长（米）", "route length (m)"),
        _c("tail_node", "int", "起点", "from node"),
        _c("head_node", "int", "终点", "to node"),
        _c("existing_id", "str", "利用的现有设施", "existing plant used"),
        _c("cores_used", "int", "使用纤芯", "cores used"),
        _c("sites_served", "int", "承载站点数", "sites that depend on it"),
        _c("cables", "int", "新缆条数", "new cables"),
        _c("sheath_m", "float", "新缆皮长（米）", "new sheath length (m)"),
        _c("trench_cents", "int", "沟槽费（分）", "trench or poles (cents)"),
        _c("crossing_cents", "int", "穿越费（分）", "crossings (cents)"),
        _c("cable_cents", "int", "光缆费（分）", "cable, laying, closures, splices (cents)"),
        _c("lighting_cents", "int", "启用纤芯费（分）", "lighting of cores (cents)"),
        _c("cost_cents", "int", "费用合计（分）", "cost (cents)"),
    ),
    key=("edge_id",),
)

_P_CABLES = Table(
    "cables",
    "LineString",
    Text("新建光缆", "new cables"),
    (
        _c("cable_id", "str", "光缆编号", "cable id"),
        _c("edge_id", "int", "路由段编号", "stretch id"),
        _c("number", "int", "序号", "number on the stretch (from 1)"),
        _c("size_cores", "int", "芯数", "size (cores)"),
        _c("cores_used", "int", "使用纤芯", "cores used"),
        _c("sheath_m", "float", "皮长（米）", "sheath length (m)"),
        _c("closures", "int", "接头盒", "closures"),
        _c("method", "str", "敷设方式", "method"),
        _c("phase", "int", "分期", "phase"),
        _c("lot", "str", "标段", "lot"),
        _c("material_cents", "int", "光缆材料费（分）", "cable (cents)"),
        _c("laying_cents", "int", "光缆敷设费（分）", "laying (cents)"),
        _c("closure_cents", "int", "接头盒费（分）", "closures (cents)"),
        _c("splice_cents", "int", "熔接费（分）", "splices (cents)"),
        _c("cost_cents", "int", "费用合计（分）", "cost (cents)"),
    ),
    key=("cable_id",),
)

_P_HUBS = Table(
    "hubs",
    "Point",
    Text("汇聚节点", "hubs"),
    (
        _c("site_id", "str", "站点编号", "site id"),
        _c("name", "str", "名称", "name"),
        _c("district_code", "str", "区代码", "district code"),
        _c("phase", "int", "分期", "phase"),
        _c("ways", "int", "无共同风险的路由数", "ways that share no risk"),
        _c("townships", "int", "所辖乡镇街道（全部）", "townships (all)"),
        _c("townships_served", "int", "已接入乡镇街道", "townships served"),
    ),
    key=("site_id",),
)

_PATH_COLUMNS = (
    _c("path_id", "str", "纤芯路径编号", "core path id"),  # f"{site_id}/{way}"
    _c("site_id", "str", "站点编号", "site id"),
    _c("way", "int", "第几路", "way"),
    _c("home_id", "str", "归属节点", "home"),
    _c("phase", "int", "分期", "phase"),
    _c("cores", "int", "纤芯数", "cores"),
    _c("length_m", "float", "长度（米）", "length (m)"),
    # fibre on the path: sheath of the stretches, slack and coils included
    _c("fibre_m", "float", "光纤长度（米）", "fibre length with slack (m)"),
    _c("closures", "int", "接头数", "closures"),
    _c("loss_db", "float", "衰耗（dB）", "loss (dB)"),
    _c("optic", "str", "光模块（空：无合适）", "optic (empty: none fits)"),
    _c("feeder_id", "str", "共享馈纤（空：独用）", "feeder it shares (empty: cores of its own)"),
    # order round the pair, or port of the splitter, from 1; 0 with cores of its own
    _c("place", "int", "环内次序/分光口", "place on the ring pair, or splitter port"),
    _c("edge_ids", "str", "路由段（JSON）", "stretches in order, site to home (JSON list)"),
)

CORE_PATHS = Table(
    "core_paths", "LineString", Text("纤芯路径", "core paths"), _PATH_COLUMNS, key=("path_id",)
)
_P_WITNESS = Table(
    "witness_paths",
    "LineString",
    Text("汇聚节点双路由见证", "the two witness paths of each hub"),
    _PATH_COLUMNS,
    key=("path_id",),
)

_P_RINGS = Table(
    "rings",
    "LineString",
    Text("环", "rings"),
    (
        _c("ring_id", "int", "环编号", "ring id"),
        _c("core_id", "str", "起点核心", "core at its start"),
        _c("end_core_id", "str", "终点核心", "core at its end"),
        _c("hubs", "int", "汇聚节点数", "hubs"),
        _c("hub_ids", "str", "汇聚节点（JSON，按序）", "hubs in order (JSON list)"),
        _c("length_m", "float", "环长（米）", "length (m)"),
        _c(
            "edge_ids", "str", "路由段（JSON）", "stretches in order, from core to core (JSON list)"
        ),
    ),
    key=("ring_id",),
)

_P_FEEDERS = Table(
    "feeders",
    "Point",
    Text("共享馈纤", "feeders"),
    (
        _c("feeder_id", "str", "馈纤编号", "feeder id"),
        _c("architecture", "str", "接入方式", "architecture"),  # ring_pair | splitter
        _c("home_id", "str", "归属节点", "home"),
        _c("cores", "int", "纤芯数", "cores"),
        _c("most_sites", "int", "最多站点数", "most sites"),
        _c("sites", "int", "站点数（全部）", "sites (all)"),
        _c("sites_served", "int", "已接入站点数", "sites served"),
        _c("site_ids", "str", "站点（JSON，按序）", "sites in order of place (JSON list)"),
        _c("phase", "int", "分期（0为未建）", "phase (0: not built)"),
        _c("lot", "str", "标段", "lot"),
        # the geometry is that of this node: where the splitter stands, or the home
        _c("node_id", "int", "图节点（分光器处）", "graph node (of the splitter, or the home)"),
        _c("loss_db", "float", "分光器插入损耗（dB）", "insertion loss of the splitter (dB)"),
        _c("cost_cents", "int", "分光器费（分）", "splitters (cents)"),
    ),
    key=("feeder_id",),
)

_P_SCHEDULE = Table(
    "core_schedule",
    None,
    Text("纤芯配置表", "core schedule"),
    (
        _c("path_id", "str", "纤芯路径编号", "core path id"),
        _c("site_id", "str", "站点编号", "site id"),
        _c("position", "int", "顺序（0起，自站点起）", "position on the path (from 0 at the site)"),
        _c("edge_id", "int", "路由段编号", "stretch id"),
        _c("cable_id", "str", "光缆编号（新缆或现有）", "cable id (new or existing)"),
        _c("core_first", "int", "起始芯号", "first core"),
        _c("core_last", "int", "终止芯号", "last core"),
        _c("phase", "int", "分期", "phase"),
        _c("feeder_id", "str", "共享馈纤（空：独用）", "feeder (empty: cores of its own)"),
        _c("place", "int", "环内次序/分光口", "place on the ring pair, or splitter port"),
        # before its splitter a site has cores of its own
        _c("shared", "bool", "与他站共用", "cores shared with others"),
    ),
    key=("path_id", "position"),
)

_P_EDGES = Table(
    "candidate_edges",
    "LineString",
    Text("候选路由段", "candidate edges"),
    (
        _c("edge_id", "int", "路由段编号", "stretch id"),
        _c("stretch", "int", "同段编号", "alternatives of one stretch share this"),
        _c("tail_node", "int", "起点", "from node"),
        _c("head_node", "int", "终点", "to node"),
        _c("method", "str", "敷设方式", "method"),
        _c("length_m", "float", "长度（米）", "length (m)"),
        _c("existing_id", "str", "现有设施", "existing plant"),
        _c("capacity_cores", "int", "可用纤芯（-1不限）", "free cores (-1: no limit)"),
        _c("capacity_cables", "int", "可用管孔（-1不限）", "free bores (-1: no limit)"),
        _c("crossings_water", "int", "穿越水域", "water crossings"),
        _c("crossings_motorway", "int", "穿越高速", "motorway crossings"),
        _c("crossings_rail", "int", "穿越铁路", "rail crossings"),
        _c("district_code", "str", "所在区代码", "district code"),
        _c("lead_in", "bool", "引入段", "lead-in"),
        _c("risk_groups", "str", "风险组（JSON）", "risk group ids (JSON list)"),
    ),
    key=("edge_id",),
)

_P_RISK = Table(
    "risk_groups",
    None,
    Text("同沟同缆组", "risk groups"),
    (
        _c("group_id", "int", "风险组编号", "risk group id"),
        _c("kind", "str", "类型", "kind"),
        _c("label", "str", "名称", "label"),
    ),
    key=("group_id",),
)

_P_PHASES = Table(
    "phases",
    None,
    Text("分期", "phases"),
    (
        _c("number", "int", "分期", "phase"),
        _c("name_zh", "str", "名称", "name (Chinese)"),
        _c("name_en", "str", "英文名称", "name"),
        _c("gain", "int", "系数", "gain g_k"),
        _c("budget_cents", "int", "本期资金（分）", "money released in this phase (cents)"),
        _c("cost_cents", "int", "本期费用（分）", "spent in this phase (cents)"),
        _c("carry_cents", "int", "结转下期（分）", "carried over after this phase (cents)"),
        # cumulative from here on
        _c("sites", "int", "累计站点", "sites in service (cumulative)"),
        _c("municipal", "int", "累计市级单位", "municipal units (cumulative)"),
        _c("hubs", "int", "累计汇聚节点", "hubs (cumulative)"),
        _c("townships", "int", "累计乡镇街道", "townships (cumulative)"),
        _c("villages", "int", "累计村（社区）", "villages of served townships (cumulative)"),
        _c("weight", "int", "累计权重", "weight in service (cumulative)"),
        _c("weight_share", "float", "累计权重占比", "share of weight (cumulative)"),
        _c("weight_bound_share", "float", "权重占比上界", "proven most any plan could reach"),
        _c("route_m", "float", "累计新建沟长（米）", "new route (m, cumulative)"),
        _c("sheath_m", "float", "累计新缆皮长（米）", "new sheath (m, cumulative)"),
        _c("core_m_new", "float", "累计新建芯长（芯米）", "new core-metres (cumulative)"),
        _c("core_m_reused", "float", "累计利用芯长（芯米）", "reused core-metres (cumulative)"),
    ),
    key=("number",),
)

_P_LINES = Table(
    "bound_lines",
    None,
    Text("下界支撑线", "lines of the bound"),
    (
        _c("edge_id", "int", "路由段编号", "stretch id"),
        _c("slope_cents", "int", "每芯斜率（分）", "slope (cents per core)"),
    ),
    key=("edge_id",),
)

_P_CUTS = Table(
    "bound_cuts",
    None,
    Text("下界割", "cuts of the bound"),
    (
        _c("cut_id", "int", "编号", "cut id"),
        _c("kind", "str", "类型", "kind"),  # in | out | group | link (one arc)
        _c("group_id", "int", "风险组编号", "risk group (-1: none)"),
        _c("dual_cents", "int", "对偶值（分）", "dual (cents)"),
        # stretch id + 1, negative against its direction
        _c("members", "str", "割中的段（JSON）", "arcs (JSON list)"),
    ),
    key=("cut_id",),
)

_P_WEIGHT_BOUNDS = Table(
    "weight_bounds",
    None,
    Text("权重上界", "bounds on the weight"),
    (
        _c("phase", "int", "分期", "phase"),
        _c("weight_bound", "int", "权重上界", "proven most weight in service (cumulative)"),
        # a unit of weight is worth worth / scale cents; 0: nothing but the total is claimed
        _c("worth", "int", "单位权重价值", "worth of a unit of weight (1 / scale of a cent)"),
        _c("scale", "int", "每分的份数", "parts of a cent"),
    ),
    key=("phase",),
)

_P_WEIGHT_LINES = Table(
    "weight_lines",
    None,
    Text("权重上界支撑线", "lines of the bounds on the weight"),
    (
        _c("edge_id", "int", "路由段编号", "stretch id"),
        _c("slope_cents", "int", "每芯斜率（分）", "slope (cents per core)"),
    ),
    key=("edge_id",),
)

_P_WEIGHT_CUTS = Table(
    "weight_cuts",
    None,
    Text("权重上界割", "cuts of the bounds on the weight"),
    (
        _c("cut_id", "int", "编号", "cut id"),
        _c("phase", "int", "分期", "phase"),
        _c("kind", "str", "类型", "kind"),  # in | out | group | link (one arc, no site)
        _c("group_id", "int", "风险组编号", "risk group (-1: none)"),
        _c("site_id", "str", "站点编号", "site it stands around"),
        _c("dual", "int", "对偶值（分之份）", "dual (1 / scale of a cent)"),
        # stretch id + 1, negative against its direction
        _c("members", "str", "割中的段（JSON）", "arcs (JSON list)"),
    ),
    key=("cut_id",),
)

_P_BILL = Table(
    "bill",
    None,
    Text("工程量清单", "bill of quantities"),
    (
        _c("item_id", "str", "编号", "item id"),
        # trench | crossing | cable | laying | closure | splice | lighting | splitter
        # | equipment
        _c("category", "str", "类别", "category"),
        _c("price_id", "str", "单价编号", "price id"),
        _c("phase", "int", "分期", "phase"),
        _c("lot", "str", "标段", "lot"),
        _c("quantity", "float", "数量", "quantity"),
        _c("unit", "str", "单位", "unit"),
        _c("unit_price_cents", "int", "单价（分）", "unit price (cents)"),
        _c("price_kind", "str", "单价依据类型", "kind of the price"),
        _c("cost_cents", "int", "合价（分）", "amount (cents)"),
    ),
    key=("item_id",),
)

_P_PRICES = Table(
    "prices",
    None,
    Text("单价", "prices"),
    (
        _c("price_id", "str", "单价编号", "price id"),
        _c("value_cents", "int", "单价（分）", "price (cents)"),
        _c("per", "str", "计价单位", "per"),
        _c("kind", "str", "依据类型", "kind"),
        _c("source", "str", "来源", "source"),
    ),
    key=("price_id",),
)

_P_FIGURES = Table(
    "figures",
    None,
    Text("设计取值", "design figures"),
    (
        _c("figure_id", "str", "编号", "figure id"),  # e.g. cable.reserve_share, optics.splice_db
        _c("value", "float", "取值", "value"),
        _c("kind", "str", "依据类型", "kind"),
        _c("source", "str", "来源", "source"),
    ),
    key=("figure_id",),
)

_P_OPTICS = Table(
    "optics",
    None,
    Text("光模块", "optics"),
    (
        _c("name", "str", "名称", "name"),
        _c("wavelength_nm", "int", "波长（nm）", "wavelength (nm)"),
        _c("budget_db", "float", "光功率预算（dB）", "budget (dB)"),
        _c("min_loss_db", "float", "最小衰耗（dB）", "least loss (dB)"),
        _c("reach_km", "float", "距离（km）", "reach (km)"),
        _c("link", "str", "链路类型", "kind of link"),  # duplex | single_fibre | pon
        _c("kind", "str", "依据类型", "kind"),
        _c("source", "str", "来源", "source"),
    ),
    key=("name",),
)


def _pairs(name: str, zh: str, en: str) -> Table:
    columns = (_c("key", "str", "项", "key"), _c("value", "str", "值", "value"))
    return Table(name, None, Text(zh, en), columns, key=("key",))


_P_POLICY = Table(
    "policy",
    None,
    Text("规则核查", "policy report"),
    (
        _c("rule", "str", "规则", "rule"),
        # holds | broken | not_assessed
        _c("state", "str", "结论", "state"),
        _c("detail_zh", "str", "说明", "detail (Chinese)"),
        _c("detail_en", "str", "说明（英文）", "detail"),
    ),
    key=("rule",),
)

_P_NOTES = Table(
    "notes",
    None,
    Text("提示", "notes"),
    (
        _c("rule", "str", "规则", "rule"),
        _c("layer", "str", "图层", "layer"),
        _c("row", "str", "行", "row"),
        _c("what_zh", "str", "情况", "what (Chinese)"),
        _c("what_en", "str", "情况（英文）", "what"),
        _c("cure_zh", "str", "处理", "cure (Chinese)"),
        _c("cure_en", "str", "处理（英文）", "cure"),
    ),
)

PLAN_TABLES: tuple[Table, ...] = (
    DISTRICTS,
    _P_SITES,
    _P_ROUTES,
    _P_CABLES,
    _P_HUBS,
    CORE_PATHS,
    _P_WITNESS,
    _P_RINGS,
    EXISTING_DUCTS,
    EXISTING_CABLES,
    _P_EDGES,
    _P_FEEDERS,
    _P_SCHEDULE,
    _P_RISK,
    _P_PHASES,
    _P_BILL,
    _P_PRICES,
    _P_FIGURES,
    _P_OPTICS,
    _P_LINES,
    _P_CUTS,
    _P_WEIGHT_BOUNDS,
    _P_WEIGHT_LINES,
    _P_WEIGHT_CUTS,
    _pairs("certificate", "证明", "certificate"),
    _pairs("provenance", "来源与版本", "provenance"),
    _P_POLICY,
    _P_NOTES,
)
"""Tables of a plan file (GeoPackage), in layer order; ``certificate`` and ``provenance`` are
key-value tables whose values are JSON (keys listed in ``docs/plan-file.md``). Besides these a
plan may hold the base layers ``roads_base`` (``road_class``) and ``water_base``."""
