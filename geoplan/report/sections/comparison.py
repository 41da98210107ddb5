"""Other plans beside this one: what each costs, reaches and reuses."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from geoplan.differences import OTHER_PRICES, same_prices
from geoplan.maps import figures
from geoplan.maps.format import share
from geoplan.plan import Plan
from geoplan.plan_words import REUSE
from geoplan.report.amounts import AMOUNT_UNIT, amount
from geoplan.report.blocks import Block, Paragraph, Table, right_columns
from geoplan.report.words import CORRIDORS, Voice
from geoplan.text import Text

__all__ = ["comparison"]

_Cell = Callable[[Plan], str]


def comparison(
    plan: Plan, others: Sequence[Plan], say: Voice, names: Sequence[str] = ()
) -> list[Block]:
    """Return a table with a column per plan; this plan is ``A``, the others follow in order.

    ``names`` tell plans of one title apart, for instance by their files.
    """
    plans = [plan, *others]
    letters = [chr(ord("A") + k) if k < 26 else str(k + 1) for k in range(len(plans))]
    named = [str(other.provenance[f"title_{say.language}"]) for other in plans]
    intro = say(
        "下表将本方案（A）与其他方案并列。造价须在相同单价下比较；单价不同的，应先统一单价。",
        "This plan (A) beside the others. Costs can be compared only under the same prices.",
    )
    rows = [(label, *(cell(other) for other in plans)) for label, cell in _rows(plan, say)]
    count = len(plans)
    table = Table(
        say("方案比较", "The plans side by side"),
        (say("指标", "figure"), *letters),
        (
            (say("方案", "plan"), *named),
            *([(say("方案文件", "plan file"), *names)] if names else []),
            *rows,
        ),
        ("left", *right_columns(count)),
        (1.3, *((1.0,) * count)),
    )
    blocks: list[Block] = [Paragraph(intro), table]
    if not same_prices(plans):
        mind = say("注意：", "Mind: ") + say.text(OTHER_PRICES)
        blocks.append(Paragraph(mind, "warning"))
    return blocks


def _rows(plan: Plan, say: Voice) -> list[tuple[str, _Cell]]:
    """Return label and reader of each figure that is compared."""
    unit = say.text(AMOUNT_UNIT)
    rows: list[tuple[str, _Cell]] = [
        (say("现有资源利用", "what is reused"), lambda o: _named(REUSE, _reuse(o), say)),
        (say("路由依据", "routes run along"), lambda o: _named(CORRIDORS, _corridors(o), say)),
        (say(f"总造价（{unit}）", f"cost ({unit})"), lambda o: say.text(amount(o.cost_cents))),
        (
            say(f"比 A 增减（{unit}）", f"more than A ({unit})"),
            lambda o: _signed(o.cost_cents - plan.cost_cents, say),
        ),
        (
            say(f"造价下界（{unit}）", f"lower bound ({unit})"),
            lambda o: (
                "—"
                if o.certificate.get("bound_cents") is None
                else say.text(amount(int(o.certificate["bound_cents"]), down=True))
            ),
        ),
        (
            say("与下界差距不超过", "gap, at most"),
            lambda o: share(o.certificate.get("gap"), up=True).zh,
        ),
    ]
    rows += [(say.text(label), _last(key, index, say)) for label, key, index in _FINAL]
    return rows


_FINAL: tuple[tuple[Text, str, int], ...] = (
    (Text("期末站点", "sites in the end"), "sites", 0),
    (Text("期末市级单位", "municipal units in the end"), "reach", 0),
    (Text("期末汇聚节点", "hubs in the end"), "reach", 1),
    (Text("期末乡镇（街道）", "townships in the end"), "reach", 2),
    (Text("期末权重占比", "share of weight in the end"), "weight", 0),
    (Text("新建沟长（公里）", "new route (km)"), "plant", 0),
    (Text("新缆皮长（公里）", "new sheath (km)"), "plant", 1),
    (Text("新建芯长（芯公里）", "new cores (core-km)"), "plant", 2),
    (Text("利用现有（芯公里）", "reused cores (core-km)"), "plant", 3),
)


def _last(key: str, index: int, say: Voice) -> _Cell:
    """Return a reader of a figure at the end of a plan, worded as on the map."""

    def read(plan: Plan) -> str:
        held = figures.steps(plan)[-1][key]
        return say.text(held[index]["value"] if isinstance(held, list) else held)

    return read


def _reuse(plan: Plan) -> str:
    return str(plan.provenance["policy"]["reuse"])


def _corridors(plan: Plan) -> str:
    return str(plan.provenance.get("corridors", ""))


def _named(names: Mapping[str, Text], code: str, say: Voice) -> str:
    return say.text(names[code]) if code in names else code


def _signed(cents: int, say: Voice) -> str:
    text = say.text(amount(abs(cents)))
    return text if not cents else f"{'+' if cents > 0 else '−'}{text}"
