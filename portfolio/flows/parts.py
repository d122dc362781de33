"""The parts of a pipeline and the fields of their rows, as the forms of the editor hold them (pure)."""

from collections.abc import Sequence
from dataclasses import dataclass

ROW_ID = "_id"


@dataclass(frozen=True)
class Column:
    """One field of a row: `kind` is text, number, flag, choice, several or pairs.

    `options` names what is offered; `for_` says with which choices of `needs` or `leads` it counts.
    """

    name: str
    kind: str
    zh: str
    en: str
    options: str = ""
    for_: str = ""


@dataclass(frozen=True)
class Part:
    """Rows of one kind: where they stand in a definition, and their columns.

    `inner` is the part that each row has rows of, such as the conditions of a stage.
    """

    key: str
    place: str
    zh: str
    en: str
    columns: tuple[Column, ...]
    inner: str = ""

    @property
    def multiple(self) -> frozenset[str]:
        """The columns that hold several values."""
        return frozenset(column.name for column in self.columns if column.kind == "several")

    def column_at(self, rest: Sequence[str | int]) -> str:
        """The column in which a fault at this place of the row is shown; "" for the row itself."""
        name = str(rest[0]) if rest else ""
        path = ".".join(map(str, rest))
        name = PLACES.get((self.key, path), PLACES.get((self.key, name), name))
        names = [column.name for column in self.columns]
        return next((n for n in names if n == name or n.startswith(f"{name}.")), "")


KEY = Column("key", "text", "标识", "Key")
ZH = Column("zh", "text", "中文名称", "Chinese title")
EN = Column("en", "text", "英文名称", "English title")
NEEDS = {
    "field": {"zh": "填写字段（多选时填任一个）", "en": "A field filled in (one of several)"},
    "items": {"zh": "清单项已办结", "en": "Checklist items settled"},
    "checklists": {"zh": "清单的必备项已办结", "en": "Mandatory items of checklists settled"},
    "answered": {"zh": "清单逐项有结论", "en": "Every item of checklists answered"},
    "team": {"zh": "项目组人数", "en": "People on the team"},
    "tag": {"zh": "已确认技术标签，或办结一项", "en": "A confirmed technology, or else an item"},
    "activity": {"zh": "有跟进记录或文件", "en": "A note, a contact or a document"},
}
LEADS = {
    "": {"zh": "留在原阶段", "en": "Stays in its stage"},
    "steps": {"zh": "前进或后退若干阶段", "en": "So many stages on or back"},
    "ahead": {"zh": "前进至少若干阶段", "en": "Any stage at least so many on"},
    "to": {"zh": "到指定阶段", "en": "To one stage"},
    "jump": {"zh": "只按列出的跳转", "en": "Along the jumps alone"},
}
PLACES = {
    ("moves", "steps"): "number",
    ("moves", "ahead"): "number",
    ("conditions", "needs.team"): "people",
}
PARTS = {
    part.key: part
    for part in (
        Part(
            "stages",
            "stage",
            "阶段",
            "Stages",
            (
                *(KEY, ZH, EN),
                Column("target_days", "number", "目标天数", "Target days"),
                Column("warn_days", "number", "超期天数", "Overdue from"),
                Column("entry.zh", "text", "进入条件说明（中文）", "Entry in words (Chinese)"),
                Column("entry.en", "text", "进入条件说明（英文）", "Entry in words (English)"),
                Column("decided_by.zh", "text", "决策人（中文）", "Decided by (Chinese)"),
                Column("decided_by.en", "text", "决策人（英文）", "Decided by (English)"),
                Column("committee", "flag", "在投决会前", "Before the committee"),
            ),
            "conditions",
        ),
        Part(
            "conditions",
            "condition",
            "条件",
            "Conditions",
            (
                *(KEY, ZH, EN),
                Column("needs", "choice", "要求", "What is needed", "needs"),
                Column("fields", "several", "字段", "Fields", "fields", "field"),
                Column("items", "several", "清单项", "Items", "items", "items tag"),
                Column("lists", "several", "清单", "Checklists", "lists", "checklists answered"),
                Column("people", "number", "人数", "People", for_="team"),
            ),
        ),
        Part(
            "checklists",
            "checklist",
            "清单",
            "Checklists",
            (
                *(KEY, ZH, EN),
                Column("stage", "choice", "所属阶段", "Stage", "stages"),
                Column("verify", "flag", "必备项须他人复核", "Mandatory items are verified"),
                Column("verdict", "flag", "逐项判定", "Each item is judged"),
            ),
            "items",
        ),
        Part(
            "items",
            "item",
            "清单项",
            "Items",
            (
                *(KEY, ZH, EN),
                Column("must", "flag", "必备", "Mandatory"),
                Column("proof.zh", "text", "依据说明（中文）", "Proof wanted (Chinese)"),
                Column("proof.en", "text", "依据说明（英文）", "Proof wanted (English)"),
            ),
        ),
        Part(
            "reasons",
            "reason",
            "原因代码",
            "Reason codes",
            (KEY, Column("kind", "choice", "类别", "Kind", "reason_kinds"), ZH, EN),
        ),
        Part(
            "moves",
            "moves",
            "流转",
            "Moves",
            (
                *(KEY, ZH, EN),
                Column("done.zh", "text", "完成后的说法（中文）", "Once done (Chinese)"),
                Column("done.en", "text", "完成后的说法（英文）", "Once done (English)"),
                Column("leads", "choice", "去向", "Where it leads", "leads"),
                Column("number", "number", "阶段数", "How many stages", for_="steps ahead"),
                Column("to", "choice", "指定阶段", "That stage", "stages", "to"),
                Column(
                    "jump", "pairs", "另可跳转", "Jumps besides", "stages", "steps ahead to jump"
                ),
                Column("from_status", "several", "起始状态", "From which statuses", "statuses"),
                Column("to_status", "choice", "结束状态", "To which status", "statuses"),
                Column("only", "several", "仅限阶段", "Only in stages", "stages"),
                Column("except", "several", "除外阶段", "Not in stages", "stages"),
                Column("reason", "flag", "须写原因或说明", "Needs a reason or a note"),
                Column("main_reason", "flag", "须选主要原因", "Needs a main reason"),
                Column("reasons", "several", "可选原因类别", "Kinds of reasons", "reason_kinds"),
                Column("words", "number", "说明最少字数", "Least characters of the note"),
                Column("revisit_days", "number", "须在几天内再次跟进", "Look again within days"),
                Column("evidence", "flag", "须有新依据", "Needs new evidence"),
                Column("withdrawn_by", "flag", "问明撤回方", "Asks who withdrew"),
                Column("permission", "choice", "所需权限", "Right needed", "permissions"),
                Column("override", "flag", "条件未满足也可", "Although conditions are open"),
                Column("primary", "flag", "首要操作", "The foremost move"),
            ),
        ),
    )
}
OUTER = ("stages", "checklists", "reasons", "moves")
TOP = (
    ZH,
    EN,
    Column("days", "choice", "天数算法", "How days count", "days"),
    Column(
        "late_from",
        "choice",
        "从此阶段起只有合伙人可删除",
        "Deleted by partners alone from",
        "stages",
    ),
)
