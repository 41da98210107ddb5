"""Keep passwords out of what is stored and shown.

A layer may be a database or a service whose address holds a password. The address opens the
source; what goes into plan files, messages and lists is the address without its secrets.
"""

from __future__ import annotations

import re

from geoplan.text import Text

__all__ = ["redacted", "redacted_text"]

_MASK = "***"
_NAMES = r"(?:\w*passw(?:or)?d|\w*passphrase|pwd|pass|\w*secret\w*|\w*token)"
# Where a value ends differs by format (a libpq string at white space, ODBC at ";", a MySQL
# address at ","): rather a harmless setting too many is hidden than half a password shown.
_VALUE = r"(?:\*\*\*(?=[\s,;&'\"#]|$)|'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|\{[^}]*\}|[^\s'\"&]+)"
_KEY_VALUE = re.compile(rf"(?i)\b({_NAMES}\s*=\s*){_VALUE}")
_QUERY = re.compile(
    r"(?i)([?&](?:key|tk|ak|sk|sig|signature|auth|api[_-]?key|access[_-]?key(?:id)?"
    r"|x-amz-[a-z-]+|authkey)=)[^&\s'\"#]+"
)
# The last @ counts: passwords are not always escaped as they should be.
_USER_INFO = re.compile(r"(?i)([a-z][a-z0-9+.-]*://[^\s:/@'\"]*):[^\s'\"]*@")
_ORACLE = re.compile(r"(?i)\b((?:OCI|GEOR(?:ASTER)?):[^\s/@,]*)([/,])[^\s'\"@]*@")


def redacted(text: str) -> str:
    """Return ``text`` with the passwords of addresses in it replaced by ``***``.

    Works on an address as well as on a sentence that quotes one. What holds no secret comes back
    unchanged, and doing it twice changes nothing.

    >>> redacted("postgresql://anna:pa@ss@db.example/city#roads")
    'postgresql://anna:***@db.example/city#roads'
    >>> redacted("PG:host=db user=anna password='a b' dbname=city")
    'PG:host=db user=anna password=*** dbname=city'
    >>> redacted("roads.gpkg#main")
    'roads.gpkg#main'
    """
    text = _USER_INFO.sub(rf"\1:{_MASK}@", text)
    text = _ORACLE.sub(rf"\1\2{_MASK}@", text)
    text = _KEY_VALUE.sub(rf"\1{_MASK}", text)
    return _QUERY.sub(rf"\1{_MASK}", text)


def redacted_text(text: Text) -> Text:
    """Return a message without the passwords of addresses that it quotes."""
    return Text(redacted(text.zh), redacted(text.en))
