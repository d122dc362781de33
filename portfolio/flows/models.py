"""Rows of pipelines that are being edited."""

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portfolio.extensions import Base


class PipelineDraft(Base):
    """What becomes the next version of a pipeline, one at a time; `definition` is JSON in the
    shape of `drafts`, faults and all. Without `based_on_id` the pipeline is a new one."""

    __tablename__ = "pipeline_draft"
    __audit__ = "pipeline_draft"
    __audit_skip__ = ("definition", "updated_at", "version")

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    based_on_id: Mapped[int | None] = mapped_column(sa.ForeignKey("pipeline_version.id"))
    definition: Mapped[str]
    created_at: Mapped[dt.datetime]
    created_by_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"))
    updated_at: Mapped[dt.datetime]
    updated_by_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"))
    version: Mapped[int] = mapped_column(default=1)

    __table_args__ = {"sqlite_autoincrement": True}
    __mapper_args__ = {"version_id_col": version}
