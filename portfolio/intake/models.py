"""Rows of imports: files taken in, mappings remembered, what was written, and long runs."""

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portfolio.extensions import Base
from portfolio.kernel.titles import TitledEnum


class BatchState(TitledEnum):
    """How far an import is."""

    UPLOADED = "uploaded", "待确认", "To be confirmed"
    DONE = "done", "已导入", "Imported"
    DISCARDED = "discarded", "已放弃", "Discarded"
    UNDONE = "undone", "已撤销", "Undone"


class Kind(TitledEnum):
    """What the rows of a file are."""

    COMPANIES = "companies", "企业与年度数据", "Companies and yearly figures"
    DEALS = "deals", "项目", "Deals"
    CONTACTS = "contacts", "人员", "People"
    TASKS = "tasks", "待办", "Tasks"
    DOCUMENTS = "documents", "文件目录", "Register of documents"


class ImportBatch(Base):
    """One file: as it was uploaded, how its columns were mapped, and what came of it.

    `stored` names the upload in the instance folder; `mapping`, `choices` (which of two differing
    values is taken), `checked` (what the check found), `summary` and `report` are JSON. `shape`
    is the hash of the folded headings.
    """

    __tablename__ = "import_batch"
    __audit__ = "import_batch"
    __audit_enums__ = {"state": BatchState}
    __audit_skip__ = ("report", "checked", "summary")

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(default=Kind.COMPANIES.value)
    filename: Mapped[str]
    sha256: Mapped[str] = mapped_column(index=True)
    size: Mapped[int] = mapped_column(sa.BigInteger)
    stored: Mapped[str] = mapped_column(default="")
    state: Mapped[str] = mapped_column(default=BatchState.UPLOADED.value)
    shape: Mapped[str] = mapped_column(default="")
    mapping: Mapped[str] = mapped_column(default="{}")
    remembered: Mapped[bool] = mapped_column(default=False)
    choices: Mapped[str] = mapped_column(default="{}")
    checked: Mapped[str] = mapped_column(default="", deferred=True)
    summary: Mapped[str] = mapped_column(default="{}")
    report: Mapped[str] = mapped_column(default="{}", deferred=True)
    created_at: Mapped[dt.datetime]
    created_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))
    applied_at: Mapped[dt.datetime | None]
    undone_at: Mapped[dt.datetime | None]


class ImportMapping(Base):
    """How files of one shape were last mapped; `fields` is JSON, folded heading to field."""

    __tablename__ = "import_mapping"

    id: Mapped[int] = mapped_column(primary_key=True)
    shape: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    fields: Mapped[str]
    confirmed_at: Mapped[dt.datetime]
    confirmed_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))


class ImportChange(Base):
    """One record that an import entered or changed, with its columns before and after (JSON).

    Figures are not listed here: their own rows name the batch.
    """

    __tablename__ = "import_change"

    id: Mapped[int] = mapped_column(primary_key=True)
    batch_id: Mapped[int] = mapped_column(sa.ForeignKey("import_batch.id"), index=True)
    object_type: Mapped[str]
    object_id: Mapped[int]
    created: Mapped[bool]
    before: Mapped[str]
    after: Mapped[str]


class JobState(TitledEnum):
    """How far a long run is."""

    WAITING = "waiting", "排队中", "Waiting"
    RUNNING = "running", "进行中", "Running"
    DONE = "done", "已完成", "Done"
    FAILED = "failed", "未完成", "Failed"


class ImportJob(Base):
    """One long run over a file: the check, or the import itself. Whoever holds the lease works
    on it; when the lease has run out, somebody else may."""

    __tablename__ = "import_job"

    id: Mapped[int] = mapped_column(primary_key=True)
    batch_id: Mapped[int] = mapped_column(sa.ForeignKey("import_batch.id"))
    task: Mapped[str]
    state: Mapped[str] = mapped_column(default=JobState.WAITING.value)
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    error: Mapped[str] = mapped_column(default="")
    sound_rows_only: Mapped[bool] = mapped_column(default=False)
    actor_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))
    ip: Mapped[str] = mapped_column(default="")
    worker: Mapped[str] = mapped_column(default="")
    attempts: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[dt.datetime | None]
    created_at: Mapped[dt.datetime]
    finished_at: Mapped[dt.datetime | None]

    __table_args__ = (
        sa.Index("ix_import_job_batch_id", "batch_id"),
        sa.Index("ix_import_job_state", "state", "lease_until"),
    )
