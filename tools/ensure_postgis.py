"""Find a PostgreSQL server with PostGIS, or install one: tests read layers from a real database.

    python tools/ensure_postgis.py     prints the folder of its programs; exit 1 when there is none

Looked for, in this order: ``$GEOPLAN_POSTGRES_BIN``, ``initdb`` on the path, the usual folders.
Where there is none: ``apt-get`` when it can be used without a password.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from ensure_chromium import as_root, quiet

FOLDERS = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/usr/local/opt/postgresql*/bin",
    "/opt/homebrew/opt/postgresql*/bin",
)
EXTENSION = (
    "share/postgresql/*/extension",
    "share/postgresql/extension",
    "share/postgresql@*/extension",
    "share/extension",
)
CURE = (
    "No PostgreSQL server with PostGIS was found and none could be installed. Install one "
    "(Debian: `apt-get install postgresql postgresql-postgis`) or name the folder of its programs: "
    "`GEOPLAN_POSTGRES_BIN=/path/to/bin make test`."
)


def serves(folder: Path) -> bool:
    """Tell whether a folder holds a server's programs, and PostGIS stands beside them."""
    if not all((folder / name).exists() for name in ("initdb", "pg_ctl", "postgres")):
        return False
    real = (folder / "initdb").resolve().parent
    return any(
        next(above.glob(f"{place}/postgis.control"), None) is not None
        for above in list(real.parents)[:4]
        for place in EXTENSION
    )


def find() -> Path | None:
    """Return the folder of a server's programs, or ``None``."""
    named = os.environ.get("GEOPLAN_POSTGRES_BIN")
    if named:
        return Path(named) if serves(Path(named)) else None
    on_path = shutil.which("initdb")
    tried = [Path(on_path).parent] if on_path else []
    for pattern in FOLDERS:  # the newest first
        tried += sorted(Path("/").glob(pattern.lstrip("/")), reverse=True)
    return next((folder for folder in tried if serves(folder)), None)


def main() -> int:
    """Print the folder of a server, installing one where none is found."""
    folder = find()
    root = as_root()
    can = shutil.which("apt-get") is not None and root is not None
    if folder is None and not os.environ.get("GEOPLAN_POSTGRES_BIN") and can:
        print("installing PostgreSQL and PostGIS with apt-get ...", file=sys.stderr, flush=True)
        command = [*(root or []), "apt-get"]
        if quiet([*command, "update"]):
            packages = ["postgresql", "postgresql-postgis"]
            quiet([*command, "install", "-y", "--no-install-recommends", *packages])
        folder = find()
    if folder is None:
        print(CURE, file=sys.stderr)
        return 1
    print(folder)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
