"""What several tests share: where the real layers are, a Chromium, one run of the product."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ensure_chromium
import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """Folder of the real layers and benchmark instances, which are not part of the project."""
    named = os.environ.get("GEOPLAN_SHARED")
    folder = Path(named) if named else ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip(f"no folder {folder}: set GEOPLAN_SHARED to the real layers to run this test")
    return folder


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """Path of a Chromium that starts (`make test` installs one where there is none)."""
    path = ensure_chromium.find()
    if path is None:
        pytest.skip("no Chromium found: run `make chromium`, or set GEOPLAN_CHROMIUM")
    return path


@dataclass(frozen=True)
class Run:
    """One finished command: exit code, what it said, and its JSON if it gave any."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def geoplan(*arguments: str | Path, cwd: Path | None = None, **environment: str) -> Run:
    """Run the command line in a process of its own, as a user does."""
    done = subprocess.run(
        [sys.executable, "-m", "geoplan.cli", *map(str, arguments)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=cwd,
        env={**os.environ, "PYTHONIOENCODING": "utf-8", **environment},
        check=False,
        timeout=600,
    )
    return Run(done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="session")
def tianjin_plan_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Output folder of one `geoplan plan --json` on the embedded scenario; `plan.json` in it.

    Made once for all tests (and once for all workers, when there are several).
    """
    base = tmp_path_factory.getbasetemp()
    if os.environ.get("PYTEST_XDIST_WORKER"):
        base = base.parent
    out, lock = base / "tianjin-plan", base / "tianjin-plan.lock"
    try:
        lock.mkdir()
    except FileExistsError:  # another worker is at it
        for _ in range(600):
            if (out / "plan.json").exists() or (lock / "failed").exists():
                break
            time.sleep(0.5)
    else:
        run = geoplan("plan", "--out", out, "--json")
        if run.code:
            (lock / "failed").write_text(run.err, encoding="utf-8")
        else:
            (out / "plan.json.part").write_text(run.out, encoding="utf-8")
            (out / "plan.json.part").replace(out / "plan.json")
    if not (out / "plan.json").exists():
        failed = lock / "failed"
        pytest.fail(
            "geoplan plan failed: " + (failed.read_text("utf-8") if failed.exists() else "timeout")
        )
    return out
