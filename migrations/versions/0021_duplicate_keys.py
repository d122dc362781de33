"""What likely duplicates are told by, kept beside each company."""

import re
import unicodedata
from collections.abc import Iterable, Iterator

import sqlalchemy as sa
from alembic import op
from pypinyin import lazy_pinyin
from pypinyin.seg.simpleseg import seg

revision = "0021"
down_revision = "0017"
branch_labels = None
depends_on = None

CHUNK = 2_000


def upgrade() -> None:
    op.create_table(
        "company_key",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"], ["company.id"], name=op.f("fk_company_key_company_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_company_key")),
        sqlite_autoincrement=True,
    )
    _fill()
    op.create_index(op.f("ix_company_key_company_id"), "company_key", ["company_id"])
    op.create_index("ix_company_key_kind_value", "company_key", ["kind", "value", "company_id"])


def _fill() -> None:
    columns = ("id", "company_id", "name", "name_zh", "uscc", "kind", "value")
    company, name, key = (
        sa.table(table, *map(sa.column, columns))
        for table in ("company", "company_name", "company_key")
    )
    others: dict[int, list[str]] = {}
    bind = op.get_bind()
    for row in bind.execute(sa.select(name.c.company_id, name.c.name)):
        others.setdefault(row.company_id, []).append(row.name)
    rows = bind.execute(sa.select(company.c.id, company.c.name_zh, company.c.uscc)).all()
    for start in range(0, len(rows), CHUNK):
        found = [
            {"company_id": row.id, "kind": kind, "value": value}
            for row in rows[start : start + CHUNK]
            for kind, value in sorted(_keys(row.name_zh, row.uscc, others.get(row.id, ())))
        ]
        if found:
            bind.execute(sa.insert(key), found)


# How keys were made when this was written: what becomes of the rule since is for later migrations.
_INVISIBLE = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    r"\ufff9-\ufffb\ud800-\udfff]"
)
_SPACES = re.compile(r"[ \t\u00a0\u2000-\u200a\u202f\u205f\u3000]+")
_LEGAL_FORMS = re.compile(
    r"(?:股份有限公司|有限责任公司|有限公司|集团公司|股份公司|集团|"
    r"(?<![a-z])(?:co\.?\s*,?\s*ltd|company\s+limited|limited|inc|corp|corporation|ltd|llc|plc)\.?)$",
    re.IGNORECASE,
)
_MARKS = re.compile(r"[(（](?:已切换|已退市|已摘牌|退市|集团)[)）]")
_LATIN = re.compile(r"[0-9a-z]+")


def _keys(name: str, uscc: str | None, others: Iterable[str]) -> Iterator[tuple[str, str]]:
    if code := _folded(uscc or "").upper():
        yield "uscc", code
    bare = _bare(name)
    if len(bare) >= 2:
        yield "name", bare
        if len(spoken := _sound(bare)) >= 4:
            yield "sound", spoken
    for other in {_bare(text) for text in others} - {bare}:
        if len(other) >= 2:
            yield "former", other


def _folded(text: str) -> str:
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", text).casefold()))


def _bare(name: str) -> str:
    bare = _MARKS.sub("", _SPACES.sub(" ", _INVISIBLE.sub("", name)).strip())
    while True:
        shorter = _LEGAL_FORMS.sub("", bare).strip(" ,，")
        if not shorter or shorter == bare:
            return _folded(bare)
        bare = shorter


def _sound(text: str) -> str:
    spoken: list[str] = []
    for word in seg(text):
        if _LATIN.fullmatch(word):
            spoken += word
        else:
            spoken += (_folded(s) or s for s in lazy_pinyin([word], errors=list))
    return _folded("".join(spoken))


def downgrade() -> None:
    op.drop_table("company_key")
