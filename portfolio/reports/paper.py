"""A report as a PDF: the same content and day give the same bytes (pure)."""

import datetime as dt
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pylopdf_fonts_zh_cn
import typst

TEMPLATE = Path(__file__).with_name("report.typ")
FONTS = Path(pylopdf_fonts_zh_cn.__file__).parent


def pdf(content: Mapping[str, Any], day: dt.date) -> bytes:
    """The paper, dated with the day it speaks of."""
    made: bytes = typst.compile(
        TEMPLATE,
        root=TEMPLATE.parent,
        format="pdf",
        font_paths=[FONTS],
        ignore_system_fonts=True,
        sys_inputs={"content": json.dumps(content, ensure_ascii=False)},
        timestamp=int(dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC).timestamp()),
    )
    return made
