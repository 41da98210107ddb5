"""The two price tables of a scenario file: vouched for, and placeholders."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from geoplan.scenario import AccessRules, CableRules, Policy, Price, RouteRules
from geoplan.scenario_toml.table import KINDS, TomlTable
from geoplan.text import Text
from geoplan.units import yuan_to_cents

__all__ = ["check_prices_complete", "read_prices"]

_LARGEST_YUAN = 1e12
_DUG = ("direct_buried", "duct", "aerial")
# What each price is paid for (docs/plan-file.md); cable_<size> besides: sheath_km.
_PER: Mapping[str, str] = MappingProxyType(
    {
        "trench_direct_buried": "route_m",
        "trench_duct": "route_m",
        "trench_aerial": "route_m",
        "crossing_water": "crossing",
        "crossing_motorway": "crossing",
        "crossing_rail": "crossing",
        "cable_laying": "sheath_m",
        "closure": "closure",
        "splice_core": "core_splice",
        "core_lighting": "core_stretch",
        "equipment_core": "site",
        "equipment_hub": "site",
        "equipment_township": "site",
        "equipment_municipal": "site",
        "splitter": "splitter",
    }
)
# ---- prices -----------------------------------------------------------------------------------


def read_prices(top: TomlTable, sizes_cores: tuple[int, ...]) -> dict[str, Price]:
    """Read both price tables; placeholders stand in a table of their own, and nothing else."""
    prices: dict[str, Price] = {}
    for key, is_placeholder in (("prices", False), ("placeholder_prices", True)):
        table = top.table(key, required=False)
        if table is None:
            continue
        for name in (*_PER, *(f"cable_{size}" for size in sizes_cores)):
            table.know(name)
        for price_id in table.names():
            if price_id not in _PER and not re.fullmatch(r"cable_[1-9]\d*", price_id):
                continue  # close() names it with the closest known one
            table.know(price_id)
            price = _price(table, price_id, placeholder=is_placeholder)
            if price is not None and price_id in prices:
                table.fault(
                    "duplicate_price",
                    price_id,
                    Text("两张价格表里都有", "stands in both price tables"),
                    Text("保留一处", "keep it in one of them"),
                )
            elif price is not None:
                prices[price_id] = price
        table.close()
    return prices


def _price(table: TomlTable, price_id: str, *, placeholder: bool) -> Price | None:
    row = table.table(price_id)
    if row is None:
        return None
    value_yuan = row.number("value_yuan", high=_LARGEST_YUAN)
    per = _PER.get(price_id, "sheath_km")
    given = row.text("per")
    if given and given != per:
        row.fault(
            "price_per",
            "per",
            Text(f"计价单位应为 {per}，实为 {given}", f"must be per {per}, not per {given}"),
            Text(f"换算为每 {per} 的价格", f"convert the price to one per {per}"),
        )
    kind, source = row.origin()
    row.close()
    if row.is_text_among("kind", KINDS) and (kind == "placeholder") != placeholder:
        where = "placeholder_prices" if kind == "placeholder" else "prices"
        table.fault(
            "placeholder_table",
            price_id,
            Text(f"依据类型为 {kind}，放错了表", f"is {kind}: it stands in the wrong table"),
            Text(f"移到 [{where}]，或改 kind", f"move it to [{where}], or change its kind"),
        )
    return Price(price_id, yuan_to_cents(value_yuan), per, kind, source)


def check_prices_complete(
    top: TomlTable,
    prices: Mapping[str, Price],
    policy: Policy,
    cable: CableRules,
    route: RouteRules,
    access: AccessRules | None,
) -> None:
    """Note each price that methods, cable series, policy and access need and nobody gave."""
    methods = dict.fromkeys((*route.urban_method, *route.rural_method))
    optional = {f"trench_{method}" for method in _DUG if method not in methods}
    if policy.reuse != "ducts_and_cores":
        optional.add("core_lighting")
    if access is None or "splitter" not in access.used:
        optional.add("splitter")
    needed = [name for name in _PER if name not in optional]
    needed += [f"cable_{size}" for size in cable.sizes_cores]
    for price_id in needed:
        if price_id in prices:
            continue
        per = _PER.get(price_id, "sheath_km")
        top.fault(
            "missing_price",
            price_id,
            Text(f"缺少单价 {price_id}", f"the price {price_id} is missing"),
            Text(
                f"在 [prices] 或 [placeholder_prices] 中补上每 {per} 的价格",
                f"add it to [prices] or [placeholder_prices], per {per}",
            ),
        )
