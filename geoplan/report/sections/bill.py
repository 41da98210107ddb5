"""The bill: by phase and category, by phase and district."""

from __future__ import annotations

from geoplan.maps.format import money
from geoplan.plan import Plan
from geoplan.report.amounts import AMOUNT_UNIT, amount
from geoplan.report.blocks import Block, Figure, Heading, Paragraph, Table, right_columns
from geoplan.report.charts import Series, stacked_bars
from geoplan.report.pictures import Pen
from geoplan.report.tally import Ledger, bill_by_category, bill_by_lot
from geoplan.report.words import Voice

__all__ = ["bill"]


def bill(plan: Plan, pen: Pen, say: Voice) -> list[Block]:
    """Return the section on the bill of quantities."""
    parts = (
        (
            bill_by_category(plan, say.language),
            say("按分期和工程类别", "By phase and category"),
            say("工程类别", "category"),
        ),
        (
            bill_by_lot(plan, say.language),
            say("按分期和区", "By phase and district"),
            say("标段（区）", "lot (district)"),
        ),
    )
    blocks: list[Block] = [
        Paragraph(
            say(
                f"规划总造价 {money(plan.cost_cents).zh}，由工程量清单逐项汇总。表中金额四舍五入至"
                "百元，分项之和与合计可能有尾差；跨区路由计入其所在区，市级单位接入及区外路由"
                "计入市级标段。",
                f"The plan costs {money(plan.cost_cents).en}, the sum of the bill of quantities. "
                "Amounts are rounded to a hundred yuan, so that a total may differ from the sum "
                "of what is shown. A stretch counts where it lies; municipal units and stretches "
                "outside every district form the municipal lot.",
            )
        )
    ]
    for ledger, title, label in parts:
        blocks += [
            Heading(2, title),
            _table(ledger, title, label, say),
            Figure(_caption(title, say), _chart(ledger, pen, say), title, 0.95),
        ]
    return blocks


def _table(ledger: Ledger, title: str, label: str, say: Voice) -> Table:
    rows = [
        (name, *(say.text(amount(cents)) for cents in (*row, whole)))
        for name, row, whole in zip(ledger.rows, ledger.cents, ledger.row_totals(), strict=True)
    ]
    sums = ledger.phase_totals()
    rows.append((say("合计", "total"), *(say.text(amount(c)) for c in (*sums, sum(sums)))))
    columns = len(ledger.phases) + 1
    return Table(
        _caption(title, say),
        (label, *ledger.phases, say("合计", "total")),
        tuple(rows),
        ("left", *right_columns(columns)),
        (1.5, *((1.0,) * columns)),
        totals=1,
    )


def _caption(title: str, say: Voice) -> str:
    unit = say.text(AMOUNT_UNIT)
    return say(f"工程费用{title}（单位：{unit}）", f"Cost: {title[:1].lower()}{title[1:]} ({unit})")


def _chart(ledger: Ledger, pen: Pen, say: Voice) -> bytes:
    series = [
        Series(name, tuple(float(row[k]) for row in ledger.cents), ("",) * len(ledger.rows))
        for k, name in enumerate(ledger.phases)
    ]
    totals = [say.text(amount(cents)) for cents in ledger.row_totals()]
    return stacked_bars(pen, ledger.rows, series, totals)
