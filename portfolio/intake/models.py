"""Rows of imports: one for each file that was taken in, with its report."""

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


class ImportBatch(Base):
    """One file: as it was uploaded, how its columns were mapped, and what came of it.

    `stored` names the upload in the instance folder; `mapping` and `report` are JSON.
    """

    __tablename__ = "import_batch"
    __audit__ = "import_batch"
    __audit_enums__ = {"state": BatchState}
    __audit_skip__ = ("report",)

    id: Mapped[int] = mapped_column(primary_key=True)
    filename: Mapped[str]
    sha256: Mapped[str] = mapped_column(index=True)
    size: Mapped[int] = mapped_column(sa.BigInteger)
    stored: Mapped[str] = mapped_column(default="")
    state: Mapped[str] = mapped_column(default=BatchState.UPLOADED.value)
    mapping: Mapped[str] = mapped_column(default="{}")
    report: Mapped[str] = mapped_column(default="{}")
    created_at: Mapped[dt.datetime]
    created_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))
    applied_at: Mapped[dt.datetime | None]
