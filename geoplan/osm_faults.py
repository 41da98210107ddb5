"""What can go wrong while roads are fetched, told in both languages with the way out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from geoplan.errors import Fault
from geoplan.read.findings import one_of
from geoplan.redact import redacted_text
from geoplan.text import Text

__all__ = [
    "busy",
    "class_faults",
    "closed_cache",
    "empty",
    "garbage",
    "incomplete",
    "no_address",
    "refused",
    "unreachable",
]

_OTHER_SERVER = Text(
    "用 --overpass 指定其他服务器，或在能上网的电脑上取道路，再把文件带过来",
    "name another server (--overpass), or fetch on a machine with internet and carry the file over",
)


def _fault(rule: str, what: Text, cure: Text) -> Fault:
    return Fault(rule, "OpenStreetMap", "", redacted_text(what), redacted_text(cure))


def unreachable(url: str, error: OSError, timeout_s: int) -> Fault:
    """Return why there is no answer: too slow, or not there at all."""
    if "timed out" in str(error):
        what = Text(
            f"{url} 在 {timeout_s} 秒内没有回答", f"{url} did not answer within {timeout_s} s"
        )
        cure = Text(f"稍后再试；{_OTHER_SERVER.zh}", f"try again later; {_OTHER_SERVER.en}")
        return _fault("osm.timeout", what, cure)
    root: BaseException = error
    while (deeper := root.__cause__ or root.__context__) is not None:
        root = deeper
    reason = (getattr(root, "strerror", None) or str(root)).strip() or type(root).__name__
    what = Text(f"无法连接 {url}（{reason}）", f"{url} can't be reached ({reason})")
    cure = Text(f"检查网络；{_OTHER_SERVER.zh}", f"check the network; {_OTHER_SERVER.en}")
    return _fault("osm.unreachable", what, cure)


def busy(url: str, status: int, tries: int) -> Fault:
    """Return that a server had no time, however often it was asked."""
    what = Text(
        f"{url} 繁忙：问了 {tries} 次，最后回答 {status}",
        f"{url} is busy: asked {tries} times, it answered {status} in the end",
    )
    cure = Text(f"稍后再试；{_OTHER_SERVER.zh}", f"try again later; {_OTHER_SERVER.en}")
    return _fault("osm.busy", what, cure)


def refused(url: str, status: int) -> Fault:
    """Return that a server won't answer, with its status."""
    what = Text(f"{url} 拒绝了请求（{status}）", f"{url} refused the request ({status})")
    cure = Text(f"检查地址；{_OTHER_SERVER.zh}", f"check the address; {_OTHER_SERVER.en}")
    return _fault("osm.refused", what, cure)


def garbage(url: str, content: bytes) -> Fault:
    """Return that an answer is something else, with how it starts."""
    start = " ".join(content[:60].decode("utf-8", errors="replace").split())
    start = "".join(c if c.isprintable() else "?" for c in start)
    what = Text(
        f"{url} 的回答不是 Overpass 的回答：{start!r}",
        f"{url} gave no answer of Overpass: {start!r}",
    )
    cure = Text(
        f"检查地址（登录页或代理也会这样回答）；{_OTHER_SERVER.zh}",
        f"check the address (log-in pages and proxies answer so); {_OTHER_SERVER.en}",
    )
    return _fault("osm.garbage", what, cure)


def incomplete(url: str, remark: str) -> Fault:
    """Return that an answer was cut short, with what the server says of it."""
    remark = "".join(c if c.isprintable() else " " for c in remark)[:200]
    what = Text(f"{url} 的回答不完整：{remark}", f"the answer of {url} is not complete: {remark}")
    cure = Text(
        f"减少 --classes 的道路等级；{_OTHER_SERVER.zh}",
        f"ask for fewer classes (--classes); {_OTHER_SERVER.en}",
    )
    return _fault("osm.incomplete", what, cure)


def empty(url: str) -> Fault:
    """Return that a server knows none of the roads asked for."""
    what = Text(f"{url} 在市域内没有这些道路", f"{url} has no such roads within the city")
    cure = Text(
        "检查区界的坐标系、道路等级，以及该服务器是否包含本地数据",
        "check the CRS of the outlines, the classes, and whether that server holds this region",
    )
    return _fault("osm.empty", what, cure)


def closed_cache(cache_dir: Path | None, error: Exception) -> Fault:
    """Return that the folder of kept answers can't be used: closed, or a file in it is broken."""
    what = Text(
        f"缓存文件夹 {cache_dir} 无法使用：{error}", f"the cache {cache_dir} can't be used: {error}"
    )
    cure = Text("删除或另选一个文件夹", "delete the folder, or name another one")
    return _fault("osm.cache", what, cure)


def no_address(url: str) -> Fault:
    """Return that this can't be the address of a server."""
    what = Text(f"不是服务器地址：{url}", f"is no address of a server: {url}")
    cure = Text("写成 http://主机/api", "write it as http://host/api")
    return _fault("osm.url", what, cure)


def class_faults(road_classes: Sequence[str], known: Sequence[str]) -> list[Fault]:
    """Return a fault for each class that is not a known one, and when there is none at all."""
    faults = [
        _fault(
            "osm.unknown_class",
            Text(f"没有道路等级 {name!r}", f"there is no road class {name!r}"),
            one_of(name, known),
        )
        for name in dict.fromkeys(road_classes)
        if name not in known
    ]
    if not road_classes:
        what = Text("没有写道路等级", "no road class is named")
        faults.append(_fault("osm.unknown_class", what, one_of("", known)))
    return faults
