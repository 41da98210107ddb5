"""Find a Chromium that starts, or install one: the map's tests look at the map in it.

    python tools/ensure_chromium.py     prints the path; exit 1 and a message when there is none

Looked for, in this order: ``$GEOPLAN_CHROMIUM``, the usual names on the path, Playwright's own.
Where none starts: ``apt-get`` when it can be used without a password, else Playwright.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
CURE = (
    "No Chromium was found and none could be installed. Install one (Debian: `apt-get install "
    "chromium`; elsewhere: Google Chrome, or `python -m playwright install --with-deps "
    "chromium`) or name one: `GEOPLAN_CHROMIUM=/path/to/chromium make test`."
)


def starts(path: str) -> bool:
    """Tell whether a browser runs (Ubuntu's package without snap is only a stub that fails)."""
    try:
        done = subprocess.run(
            [path, "--version"], capture_output=True, timeout=60, check=False, text=True
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0 and "Chrom" in done.stdout


def playwright_path() -> str | None:
    """Return where Playwright keeps its Chromium, or ``None`` when it is not installed."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return None
    try:
        with sync_playwright() as playwright:
            path = Path(playwright.chromium.executable_path)
    except Exception:  # a driver that does not start is as good as none
        return None
    return str(path) if path.exists() else None


def find() -> str | None:
    """Return the path of a Chromium that starts, or ``None``."""
    named = os.environ.get("GEOPLAN_CHROMIUM")
    if named:
        return named if starts(named) else None
    for name in NAMES:
        path = shutil.which(name)
        if path and starts(path):
            return path
    path = playwright_path()
    return path if path and starts(path) else None


def as_root() -> list[str] | None:
    """Return what to put before a command that needs root: nothing, sudo, or ``None``."""
    if not hasattr(os, "geteuid"):
        return None
    if os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo")
    if sudo and quiet([sudo, "-n", "true"]):
        return [sudo, "-n"]
    return None


def quiet(command: list[str]) -> bool:
    """Run a command; show what it said only when it failed."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, env=environment, timeout=900
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        print(error, file=sys.stderr)
        return False
    if done.returncode and command[-1] != "true":
        print((done.stdout + done.stderr).strip()[-2000:], file=sys.stderr)
    return done.returncode == 0


def install() -> None:
    """Try to install a Chromium, by the system's packages first."""
    root = as_root()
    if shutil.which("apt-get") and root is not None:
        print("installing chromium with apt-get ...", file=sys.stderr, flush=True)
        if quiet([*root, "apt-get", "update"]):
            quiet([*root, "apt-get", "install", "-y", "--no-install-recommends", "chromium"])
        if find():
            return
    print("installing chromium with playwright ...", file=sys.stderr, flush=True)
    command = [sys.executable, "-m", "playwright", "install"]
    quiet([*command, *(["--with-deps"] if root == [] else []), "chromium"])


def main() -> int:
    """Print the path of a Chromium, installing one where none is found."""
    path = find()
    if path is None and not os.environ.get("GEOPLAN_CHROMIUM"):
        install()
        path = find()
    if path is None:
        print(CURE, file=sys.stderr)
        return 1
    print(path)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
