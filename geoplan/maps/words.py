"""Every label of the map, in both languages, and the readable names of coded values."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from geoplan.text import Text

__all__ = ["COMPARE_WORDS", "LEVELS", "METHODS", "QUALITIES", "WORDS"]

WORDS: Mapping[str, Text] = MappingProxyType(
    {
        "today": Text("现状", "Today"),
        "today_long": Text(
            "现状：外网尚未建设，仅有现有管道与光缆",
            "Today: no extranet yet, only the existing plant",
        ),
        "phase": Text("建设分期", "Phases"),
        "phase_slider": Text("分期（累计）", "Phase (cumulative)"),
        "play": Text("播放", "Play"),
        "pause": Text("暂停", "Pause"),
        "figures": Text("累计指标", "Figures so far"),
        "reach": Text("接入范围", "Reach"),
        "money": Text("资金", "Money"),
        "plant": Text("工程量", "Plant"),
        "proof": Text("方案证明", "Proof"),
        "notes": Text("使用须知", "Read before quoting"),
        "legend": Text("图例与图层", "Legend and layers"),
        "search": Text("搜索站点、区或路由段：名称或编号", "Search a site, district or stretch"),
        "search_none": Text("没有匹配的站点、区或路由段", "No site, district or stretch matches"),
        "language": Text("English", "中文"),
        "print": Text("打印", "Print"),
        "fullscreen": Text("全屏", "Full screen"),
        "reset": Text("全图", "Whole city"),
        "centre": Text("中心城区", "City centre"),
        "close": Text("关闭", "Close"),
        "map": Text("规划地图", "Map of the plan"),
        "panel": Text("分期与指标", "Phases and figures"),
        "of": Text("/", "/"),
        "weight": Text("已覆盖权重", "Weight in service"),
        "weight_bound": Text(
            "权重按人口和业务系统计；同等资金下任何方案不超过 {}",
            "Weight counts people and systems; no plan with this money exceeds {}",
        ),
        "weight_all": Text(
            "权重按人口和业务系统计；可接入的站点已全部接入",
            "Weight counts people and systems; every site that can be attached is in service",
        ),
        "no_optic": Text("没有合适的光模块", "none fits"),
        "inset": Text("中心城区放大图", "City centre, enlarged"),
        "own": Text("本期支出", "Spent in this phase"),
        "released": Text("累计下达", "Released so far"),
        "spent": Text("累计支出", "Spent so far"),
        "carry": Text("结转下期", "Carried over"),
        "sites": Text("在用站点", "Sites in service"),
        "municipal": Text("市级单位", "Municipal units"),
        "hubs": Text("区级汇聚节点", "District hubs"),
        "townships": Text("乡镇街道", "Townships"),
        "villages": Text("所辖村（社区）", "Their villages"),
        "route": Text("新建沟长（公里）", "New route (km)"),
        "sheath": Text("新缆皮长（公里）", "New sheath (km)"),
        "core_new": Text("新建芯长（芯公里）", "New cores (core-km)"),
        "core_reused": Text("利用现有（芯公里）", "Reused cores (core-km)"),
        "existing": Text("现有管道与光缆", "Existing ducts and cables"),
        "existing_made": Text("现有管线（重建数据）", "Existing plant (reconstructed)"),
        "routes": Text("外网路由", "Extranet routes"),
        "new_now": Text("本期新增（加粗）", "New in this phase (bold)"),
        "dug": Text("新建沟槽或杆路", "New trench or poles"),
        "pulled": Text("现有管道穿缆", "Cable in existing duct"),
        "lit": Text("启用现有纤芯", "Cores lit in existing cable"),
        "waiting": Text("尚未接入", "Not in service yet"),
        "coverage": Text("各区乡镇接入率", "Townships served per district"),
        "roads": Text("道路", "Roads"),
        "water": Text("水域", "Water"),
        "tiles": Text("底图瓦片", "Background tiles"),
        "core": Text("核心节点", "Core node"),
        "unplaced": Text("个站点无位置，未纳入规划", "sites have no position and are not planned"),
        "unserved": Text("未接入", "Not served"),
        "code": Text("编号", "Code"),
        "level": Text("层级", "Level"),
        "district": Text("所属区", "District"),
        "home": Text("归属节点", "Served from"),
        "in_phase": Text("分期", "Phase"),
        "path_length": Text("路由长度", "Length of its way"),
        "loss": Text("链路衰耗", "Link loss"),
        "optic": Text("光模块", "Optic"),
        "cost_share": Text("分摊费用", "Share of cost"),
        "village_count": Text("村（社区）", "Villages"),
        "weight_of": Text("权重", "Weight"),
        "quality": Text("位置依据", "Position from"),
        "note": Text("说明", "Note"),
        "why": Text("为什么在这一期", "Why this phase"),
        "ways": Text("路由数", "Ways"),
        "stretch": Text("路由段", "Stretch"),
        "method": Text("敷设方式", "Method"),
        "length": Text("长度", "Length"),
        "cables": Text("新缆", "New cables"),
        "cores": Text("使用纤芯", "Cores used"),
        "cost": Text("费用", "Cost"),
        "uses": Text("利用设施", "Existing plant used"),
        "depends": Text("承载站点", "Sites that use it"),
        "cut_down": Text("若中断：断网站点", "If cut: out of service"),
        "cut_kept": Text("若中断：改走另一路", "If cut: on their other way"),
        "cut_together": Text("同沟同缆，一并中断", "Cut together with it"),
        "way": Text("第 {} 路", "Way {}"),
        "way_onward": Text("汇聚至核心 第 {} 路", "Hub to core, way {}"),
        "stretches": Text("段", "stretches"),
        "sites_unit": Text("个站点", "sites"),
        "district_kind": Text("区", "District"),
        "measure": Text("测距", "Measure"),
        "measure_first": Text("请在地图上取点", "Set points on the map"),
        "measure_help": Text(
            "单击取点；键盘：方向键移动，回车取点，退格撤销",
            "Click to set points. By keyboard: arrow keys move, Enter sets, Backspace takes back",
        ),
        "measure_undo": Text("撤销", "Undo"),
        "measure_clear": Text("清除", "Clear"),
        "measure_end": Text("结束", "Done"),
        "zoom_in": Text("放大", "Zoom in"),
        "zoom_out": Text("缩小", "Zoom out"),
        "none": Text("无", "none"),
        "km": Text("公里", "km"),
        "wan": Text("万元", "thousand CNY"),
        "core_unit": Text("芯", "cores"),
        "source": Text("数据来源", "Data"),
        "step_said": Text("已显示", "Now showing"),
        "noscript": Text(
            "此处脚本不能运行，以下为静态图与各期累计指标；用浏览器打开本文件可查看交互地图。",
            "Scripts don't run here: a still picture and the figures of each phase follow. Open "
            "the file in a browser for the map itself.",
        ),
    }
)

COMPARE_WORDS: Mapping[str, Text] = MappingProxyType(
    {
        "title": Text("方案对比", "Plans compared"),
        "panes": Text("各方案地图（同步显示）", "Maps of the plans, in one view"),
        "highlight": Text("突出差异", "Show differences"),
        "against": Text("对照方案", "Held against"),
        "figures_of": Text("累计指标", "Figures so far"),
        "cost": Text("总造价", "Cost of the plan"),
        "differences": Text("差异", "Differences"),
        "only_first": Text("仅方案 {a} 建设", "Built only in {a}"),
        "only_second": Text("仅方案 {b} 建设", "Built only in {b}"),
        "other_method": Text("同一位置、敷设方式不同", "Same place, other method"),
        "other_phase": Text("同一路由段、分期不同", "Same stretch, other phase"),
        "earlier": Text("方案 {b} 提前接入的站点", "Sites that {b} serves earlier"),
        "later": Text("方案 {b} 推迟接入的站点", "Sites that {b} serves later"),
        "routes_sum": Text(
            "{n} 段，{km} 公里，{money}", "stretches: {n}, kilometres: {km}, cost: {money}"
        ),
        "cost_of": Text("费用", "Cost"),
        "site": Text("站点", "Site"),
        "phase_of": Text("方案 {} 分期", "Phase in {}"),
        "show": Text("在地图上显示", "Show on the maps"),
        "no_difference": Text("无", "none"),
        "first_rows": Text("仅列出前 {} 项", "The first {} are listed"),
        "same": Text("相同", "Same in both"),
        "other": Text("敷设方式或分期不同", "Other method or phase"),
        "only_here": Text("仅本方案", "Only in this plan"),
        "picked": Text("选中的站点或路由段", "Site or stretch chosen"),
        "noscript": Text(
            "此处脚本不能运行，以下为各方案的静态图与累计指标；用浏览器打开本文件可对比。",
            "Scripts don't run here: a still picture and the figures of each plan follow. Open "
            "the file in a browser to compare.",
        ),
    }
)

LEVELS: Mapping[str, Text] = MappingProxyType(
    {
        "core": WORDS["core"],
        "district": Text("区级汇聚节点", "District hub"),
        "municipal": Text("市级单位", "Municipal unit"),
        "township": Text("乡镇街道", "Township"),
    }
)

METHODS: Mapping[str, Text] = MappingProxyType(
    {
        "direct_buried": Text("直埋", "direct-buried"),
        "duct": Text("新建管道", "new duct"),
        "aerial": Text("架空", "aerial"),
        "pull": WORDS["pulled"],
        "light": WORDS["lit"],
    }
)

QUALITIES: Mapping[str, Text] = MappingProxyType(
    {
        "seat": Text("政府驻地", "seat"),
        "predecessor_seat": Text("原驻地", "seat of its predecessor"),
        "village_median": Text("村庄中位点", "median of its villages"),
        "named_place": Text("同名地点", "place of that name"),
        "unknown": Text("未知", "unknown"),
        "reconstructed": Text("重建数据", "reconstructed"),
        "given": Text("用户给定", "given"),
    }
)
