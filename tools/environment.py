"""Make or renew the virtual environment of this folder, with pinned versions.

    python3 tools/environment.py run     what `geoplan` needs
    python3 tools/environment.py test    and what the tests need

Uses the standard library only, because it runs before anything is installed. A stamp in the
environment holds a digest of the pins and of the project's own requirements: while it fits,
nothing is done and no network is needed.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

OLDEST = (3, 11)
ROOT = Path(__file__).resolve().parent.parent
CONSTRAINTS = ROOT / "constraints.txt"
EXTRAS = {"run": "[report,postgis]", "test": "[report,postgis,test]"}


def say(message: str) -> None:
    """Tell the person at the terminal one line."""
    print(message, file=sys.stderr, flush=True)


def digest(*texts: str) -> str:
    """Return one digest over the interpreter's version and ``texts``."""
    return hashlib.sha256("\0".join((sys.version, *texts)).encode()).hexdigest()


def requirements() -> str:
    """Return what the project says about itself and its build, tool settings left out."""
    import tomllib  # here: an older Python must get as far as the message about its age

    with (ROOT / "pyproject.toml").open("rb") as stream:
        project = tomllib.load(stream)
    return json.dumps([project["build-system"], project["project"]], sort_keys=True)


def interpreter(venv: Path) -> Path:
    """Return the Python of an environment, wherever the platform keeps it."""
    folder = "Scripts" if os.name == "nt" else "bin"
    return venv / folder / ("python.exe" if os.name == "nt" else "python")


def create(venv: Path) -> None:
    """Make an empty environment in place of whatever stands there.

    Raises
    ------
    SystemExit
        With the cure, when this Python can't make environments (Debian splits that off).
    """
    if venv.exists():
        shutil.rmtree(venv)
    done = subprocess.run(
        [sys.executable, "-m", "venv", str(venv)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        shutil.rmtree(venv, ignore_errors=True)
        say((done.stdout + done.stderr).strip())
        raise SystemExit(
            "This Python can't make a virtual environment. On Debian or Ubuntu: "
            "`sudo apt-get install python3-venv`; elsewhere choose another interpreter: "
            "`make PYTHON=/path/to/python3.11 plan`."
        )


def install(venv: Path, target: str) -> None:
    """Install the project in place, every version pinned, build tools included.

    Raises
    ------
    SystemExit
        When pip fails; its own message stands above.
    """
    environment = dict(os.environ)
    # pip up to 25.2 passes PIP_CONSTRAINT on to isolated builds; later ones want the second.
    environment["PIP_CONSTRAINT"] = environment["PIP_BUILD_CONSTRAINT"] = str(CONSTRAINTS)
    command = [str(interpreter(venv)), "-m", "pip", "install", "--quiet"]
    command += ["--disable-pip-version-check", "-c", str(CONSTRAINTS)]
    command += ["-e", f"{ROOT}{EXTRAS[target]}"]
    if subprocess.run(command, env=environment, cwd=str(ROOT), check=False).returncode:
        raise SystemExit("Installing failed: see above. Is a package index within reach?")


def main() -> int:
    """Bring the environment up to date for the target asked for."""
    parser = argparse.ArgumentParser(description="make or renew the virtual environment")
    parser.add_argument("target", choices=sorted(EXTRAS))
    parser.add_argument("--venv", type=Path, default=ROOT / ".venv")
    options = parser.parse_args()
    if sys.version_info < OLDEST:
        found = ".".join(map(str, sys.version_info[:3]))
        say(
            f"geoplan needs Python 3.11 or newer, this is {found}: "
            "`make PYTHON=/path/to/python3.11 plan`"
        )
        return 2
    venv: Path = options.venv.resolve()
    pinned = CONSTRAINTS.read_text(encoding="utf-8")
    pins, needs = digest(pinned), digest(pinned, requirements())
    pins_stamp, stamp = venv / ".geoplan-pins", venv / f".geoplan-{options.target}"
    if stamp.exists() and stamp.read_text() == needs and interpreter(venv).exists():
        return 0
    if not (pins_stamp.exists() and pins_stamp.read_text() == pins):
        say(f"making {venv.name} ...")
        create(venv)
    say(f"installing pinned packages into {venv.name} (the first time: a minute or two) ...")
    install(venv, options.target)
    pins_stamp.write_text(pins)
    stamp.write_text(needs)
    if options.target == "test":  # whoever can test can run
        (venv / ".geoplan-run").write_text(needs)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
