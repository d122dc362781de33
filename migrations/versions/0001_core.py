"""People, audit trail, companies with their figures, pipelines with their deals."""

import json
import tomllib
from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_entry",
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("ip", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("object_type", sa.Text(), nullable=False),
        sa.Column("object_id", sa.Integer(), nullable=True),
        sa.Column("company_id", sa.Integer(), nullable=True),
        sa.Column("deal_id", sa.Integer(), nullable=True),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("prev_hash", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_entry")),
    )
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_entry_actor_id"), ["actor_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_entry_at"), ["at"], unique=False)
        batch_op.create_index("ix_audit_entry_company_id_seq", ["company_id", "seq"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_entry_deal_id"), ["deal_id"], unique=False)
        batch_op.create_index(
            "ix_audit_entry_object", ["object_type", "object_id", "seq"], unique=False
        )

    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
    )
    op.create_table(
        "login_failure",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_failure")),
    )
    with op.batch_alter_table("login_failure", schema=None) as batch_op:
        batch_op.create_index("ix_login_failure_key_at", ["key", "at"], unique=False)

    op.create_table(
        "pipeline_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("definition", sa.Text(), nullable=False),
        sa.Column("current", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pipeline_version")),
        sa.UniqueConstraint("key", "version", name=op.f("uq_pipeline_version_key_version")),
    )
    op.create_table(
        "user",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("theme", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user")),
        sa.UniqueConstraint("email", name=op.f("uq_user_email")),
    )
    op.create_table(
        "vehicle",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name_zh", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("manager_name", sa.Text(), nullable=False),
        sa.Column("size_fen", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vehicle")),
        sa.UniqueConstraint("name_zh", name=op.f("uq_vehicle_name_zh")),
    )
    op.create_table(
        "company",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name_zh", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("short_name", sa.Text(), nullable=False),
        sa.Column("uscc", sa.Text(), nullable=True),
        sa.Column("uscc_missing_reason", sa.Text(), nullable=False),
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("industry", sa.Text(), nullable=False),
        sa.Column("founded_on", sa.Date(), nullable=True),
        sa.Column("website", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("lead_source", sa.Text(), nullable=False),
        sa.Column("lead_source_note", sa.Text(), nullable=False),
        sa.Column("latest_revenue_fen", sa.BigInteger(), nullable=True),
        sa.Column("latest_revenue_year", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["user.id"], name=op.f("fk_company_created_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_company")),
        sa.UniqueConstraint("uscc", name=op.f("uq_company_uscc")),
    )
    with op.batch_alter_table("company", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_company_created_at"), ["created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_company_industry"), ["industry"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_company_latest_revenue_fen"), ["latest_revenue_fen"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_company_name_zh"), ["name_zh"], unique=False)
        batch_op.create_index(batch_op.f("ix_company_founded_on"), ["founded_on"], unique=False)
        batch_op.create_index(batch_op.f("ix_company_place"), ["place"], unique=False)
        batch_op.create_index(batch_op.f("ix_company_region_code"), ["region_code"], unique=False)
        batch_op.create_index(batch_op.f("ix_company_updated_at"), ["updated_at"], unique=False)

    op.create_table(
        "password_link",
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.Column("used_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_password_link_user_id")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_password_link")),
    )
    with op.batch_alter_table("password_link", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_password_link_user_id"), ["user_id"], unique=False)

    op.create_table(
        "user_role",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_user_role_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_role")),
        sa.UniqueConstraint("user_id", "role", name=op.f("uq_user_role_user_id_role")),
    )
    with op.batch_alter_table("user_role", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_user_role_user_id"), ["user_id"], unique=False)

    op.create_table(
        "user_session",
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(), nullable=False),
        sa.Column("seen_at", sa.DateTime(), nullable=False),
        sa.Column("ip", sa.Text(), nullable=False),
        sa.Column("user_agent", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_user_session_user_id")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_user_session")),
    )
    with op.batch_alter_table("user_session", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_user_session_user_id"), ["user_id"], unique=False)

    op.create_table(
        "company_name",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"], ["company.id"], name=op.f("fk_company_name_company_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_company_name")),
    )
    with op.batch_alter_table("company_name", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_company_name_company_id"), ["company_id"], unique=False
        )

    op.create_table(
        "company_search",
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.Column("tokens", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"], ["company.id"], name=op.f("fk_company_search_company_id")
        ),
        sa.PrimaryKeyConstraint("company_id", name=op.f("pk_company_search")),
    )
    op.create_table(
        "contact",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("position", sa.Text(), nullable=False),
        sa.Column("founder", sa.Boolean(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_contact_company_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact")),
    )
    with op.batch_alter_table("contact", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_contact_company_id"), ["company_id"], unique=False)

    op.create_table(
        "deal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=True),
        sa.Column("target_vehicle_id", sa.Integer(), nullable=True),
        sa.Column("vehicle_id", sa.Integer(), nullable=False),
        sa.Column("pipeline_id", sa.Integer(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("stage_entered_at", sa.DateTime(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("walled", sa.Boolean(), nullable=False),
        sa.Column("co_investment", sa.Boolean(), nullable=False),
        sa.Column("round", sa.Text(), nullable=False),
        sa.Column("round_size_fen", sa.BigInteger(), nullable=True),
        sa.Column("amount_fen", sa.BigInteger(), nullable=True),
        sa.Column("pre_money_fen", sa.BigInteger(), nullable=True),
        sa.Column("lead_investor", sa.Text(), nullable=False),
        sa.Column("trl", sa.Integer(), nullable=True),
        sa.Column("risks", sa.Text(), nullable=False),
        sa.Column("pre_review", sa.Text(), nullable=False),
        sa.Column("next_step", sa.Text(), nullable=False),
        sa.Column("next_step_on", sa.Date(), nullable=True),
        sa.Column("revisit_on", sa.Date(), nullable=True),
        sa.Column("withdrawn_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(company_id IS NULL) <> (target_vehicle_id IS NULL)", name=op.f("ck_deal_one_target")
        ),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_deal_company_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["user.id"], name=op.f("fk_deal_owner_id")),
        sa.ForeignKeyConstraint(
            ["pipeline_id"], ["pipeline_version.id"], name=op.f("fk_deal_pipeline_id")
        ),
        sa.ForeignKeyConstraint(
            ["target_vehicle_id"], ["vehicle.id"], name=op.f("fk_deal_target_vehicle_id")
        ),
        sa.ForeignKeyConstraint(["vehicle_id"], ["vehicle.id"], name=op.f("fk_deal_vehicle_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deal")),
        sa.UniqueConstraint("code", name=op.f("uq_deal_code")),
    )
    with op.batch_alter_table("deal", schema=None) as batch_op:
        batch_op.create_index(
            "ix_deal_board",
            ["pipeline_id", "status", "stage", "stage_entered_at", "id"],
            unique=False,
        )
        batch_op.create_index(batch_op.f("ix_deal_company_id"), ["company_id"], unique=False)
        batch_op.create_index("ix_deal_owner_id_status", ["owner_id", "status"], unique=False)
        batch_op.create_index(
            "ix_deal_sums", ["pipeline_id", "status", "stage", "walled", "amount_fen"], unique=False
        )
        batch_op.create_index("ix_deal_updated_at", ["updated_at", "id"], unique=False)
        batch_op.create_index("ix_deal_walled", ["walled", "id"], unique=False)

    op.create_table(
        "equity_round",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.Column("round", sa.Text(), nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("amount_fen", sa.BigInteger(), nullable=True),
        sa.Column("pre_money_fen", sa.BigInteger(), nullable=True),
        sa.Column("post_money_fen", sa.BigInteger(), nullable=True),
        sa.Column("lead_investor", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        sa.Column("recorded_by_id", sa.Integer(), nullable=True),
        sa.Column("superseded_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["company_id"], ["company.id"], name=op.f("fk_equity_round_company_id")
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by_id"], ["user.id"], name=op.f("fk_equity_round_recorded_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_equity_round")),
    )
    with op.batch_alter_table("equity_round", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_equity_round_company_id"), ["company_id"], unique=False
        )

    op.create_table(
        "figure",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.Column("metric", sa.Text(), nullable=False),
        sa.Column("fiscal_year", sa.Integer(), nullable=True),
        sa.Column("micro", sa.BigInteger(), nullable=True),
        sa.Column("choice", sa.Text(), nullable=True),
        sa.Column("as_of", sa.Date(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("audited", sa.Boolean(), nullable=True),
        sa.Column("disputed", sa.Boolean(), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        sa.Column("recorded_by_id", sa.Integer(), nullable=True),
        sa.Column("superseded_at", sa.DateTime(), nullable=True),
        sa.CheckConstraint("micro IS NULL OR choice IS NULL", name=op.f("ck_figure_one_value")),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_figure_company_id")),
        sa.ForeignKeyConstraint(
            ["recorded_by_id"], ["user.id"], name=op.f("fk_figure_recorded_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_figure")),
    )
    with op.batch_alter_table("figure", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_figure_batch_id"), ["batch_id"], unique=False)
        batch_op.create_index(
            "ix_figure_company_metric", ["company_id", "metric", "fiscal_year"], unique=False
        )
        batch_op.create_index(
            "uq_figure_current_fact",
            ["company_id", "metric"],
            unique=True,
            sqlite_where=sa.text(
                "superseded_at IS NULL AND disputed = false AND fiscal_year IS NULL"
            ),
            postgresql_where=sa.text(
                "superseded_at IS NULL AND disputed = false AND fiscal_year IS NULL"
            ),
        )
        batch_op.create_index(
            "uq_figure_current_year",
            ["company_id", "metric", "fiscal_year"],
            unique=True,
            sqlite_where=sa.text(
                "superseded_at IS NULL AND disputed = false AND fiscal_year IS NOT NULL"
            ),
            postgresql_where=sa.text(
                "superseded_at IS NULL AND disputed = false AND fiscal_year IS NOT NULL"
            ),
        )

    op.create_table(
        "stock_code",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("board", sa.Text(), nullable=False),
        sa.Column("listed_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["company_id"], ["company.id"], name=op.f("fk_stock_code_company_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_code")),
        sa.UniqueConstraint("code", name=op.f("uq_stock_code_code")),
    )
    with op.batch_alter_table("stock_code", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_stock_code_company_id"), ["company_id"], unique=False)

    op.create_table(
        "activity",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=True),
        sa.Column("deal_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("happened_at", sa.DateTime(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        sa.Column("recorded_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["company_id"], ["company.id"], name=op.f("fk_activity_company_id")
        ),
        sa.ForeignKeyConstraint(["deal_id"], ["deal.id"], name=op.f("fk_activity_deal_id")),
        sa.ForeignKeyConstraint(
            ["recorded_by_id"], ["user.id"], name=op.f("fk_activity_recorded_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activity")),
    )
    with op.batch_alter_table("activity", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_activity_company_id"), ["company_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_activity_deal_id"), ["deal_id"], unique=False)

    op.create_table(
        "deal_grant",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("deal_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("granted_at", sa.DateTime(), nullable=False),
        sa.Column("until", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["deal_id"], ["deal.id"], name=op.f("fk_deal_grant_deal_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_deal_grant_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deal_grant")),
        sa.UniqueConstraint(
            "user_id", "kind", "deal_id", name=op.f("uq_deal_grant_user_id_kind_deal_id")
        ),
    )
    with op.batch_alter_table("deal_grant", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_deal_grant_deal_id"), ["deal_id"], unique=False)

    op.create_table(
        "deal_member",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("deal_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["deal_id"], ["deal.id"], name=op.f("fk_deal_member_deal_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_deal_member_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deal_member")),
        sa.UniqueConstraint("deal_id", "user_id", name=op.f("uq_deal_member_deal_id_user_id")),
    )
    with op.batch_alter_table("deal_member", schema=None) as batch_op:
        batch_op.create_index(
            "ix_deal_member_user_id_deal_id", ["user_id", "deal_id"], unique=False
        )

    op.create_table(
        "deal_terms",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("deal_id", sa.Integer(), nullable=False),
        sa.Column("round", sa.Text(), nullable=False),
        sa.Column("round_size_fen", sa.BigInteger(), nullable=True),
        sa.Column("amount_fen", sa.BigInteger(), nullable=True),
        sa.Column("pre_money_fen", sa.BigInteger(), nullable=True),
        sa.Column("lead_investor", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        sa.Column("recorded_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["deal_id"], ["deal.id"], name=op.f("fk_deal_terms_deal_id")),
        sa.ForeignKeyConstraint(
            ["recorded_by_id"], ["user.id"], name=op.f("fk_deal_terms_recorded_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deal_terms")),
    )
    with op.batch_alter_table("deal_terms", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_deal_terms_deal_id"), ["deal_id"], unique=False)

    op.create_table(
        "document",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=True),
        sa.Column("deal_id", sa.Integer(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["company_id"], ["company.id"], name=op.f("fk_document_company_id")
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["user.id"], name=op.f("fk_document_created_by_id")
        ),
        sa.ForeignKeyConstraint(["deal_id"], ["deal.id"], name=op.f("fk_document_deal_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document")),
    )
    with op.batch_alter_table("document", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_document_company_id"), ["company_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_document_deal_id"), ["deal_id"], unique=False)

    op.create_table(
        "holding",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("vehicle_id", sa.Integer(), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=True),
        sa.Column("target_vehicle_id", sa.Integer(), nullable=True),
        sa.Column("deal_id", sa.Integer(), nullable=True),
        sa.Column("acquired_on", sa.Date(), nullable=True),
        sa.Column("cost_fen", sa.BigInteger(), nullable=True),
        sa.Column("value_fen", sa.BigInteger(), nullable=True),
        sa.Column("stake_micro", sa.BigInteger(), nullable=True),
        sa.Column("as_of", sa.Date(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        sa.Column("recorded_by_id", sa.Integer(), nullable=True),
        sa.Column("superseded_at", sa.DateTime(), nullable=True),
        sa.CheckConstraint(
            "(company_id IS NULL) <> (target_vehicle_id IS NULL)",
            name=op.f("ck_holding_one_target"),
        ),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_holding_company_id")),
        sa.ForeignKeyConstraint(["deal_id"], ["deal.id"], name=op.f("fk_holding_deal_id")),
        sa.ForeignKeyConstraint(
            ["recorded_by_id"], ["user.id"], name=op.f("fk_holding_recorded_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["target_vehicle_id"], ["vehicle.id"], name=op.f("fk_holding_target_vehicle_id")
        ),
        sa.ForeignKeyConstraint(["vehicle_id"], ["vehicle.id"], name=op.f("fk_holding_vehicle_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_holding")),
    )
    with op.batch_alter_table("holding", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_holding_company_id"), ["company_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_holding_deal_id"), ["deal_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_holding_vehicle_id"), ["vehicle_id"], unique=False)

    op.create_table(
        "stage_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("deal_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("from_stage", sa.Text(), nullable=True),
        sa.Column("to_stage", sa.Text(), nullable=False),
        sa.Column("from_status", sa.Text(), nullable=True),
        sa.Column("to_status", sa.Text(), nullable=False),
        sa.Column("happened_at", sa.DateTime(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("reason_code", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("revisit_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["actor_id"], ["user.id"], name=op.f("fk_stage_event_actor_id")),
        sa.ForeignKeyConstraint(["deal_id"], ["deal.id"], name=op.f("fk_stage_event_deal_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stage_event")),
    )
    with op.batch_alter_table("stage_event", schema=None) as batch_op:
        batch_op.create_index("ix_stage_event_deal_id_id", ["deal_id", "id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_stage_event_happened_at"), ["happened_at"], unique=False
        )

    op.create_table(
        "task",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=True),
        sa.Column("deal_id", sa.Integer(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("done_at", sa.DateTime(), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_task_company_id")),
        sa.ForeignKeyConstraint(["created_by_id"], ["user.id"], name=op.f("fk_task_created_by_id")),
        sa.ForeignKeyConstraint(["deal_id"], ["deal.id"], name=op.f("fk_task_deal_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["user.id"], name=op.f("fk_task_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task")),
    )
    with op.batch_alter_table("task", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_task_company_id"), ["company_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_task_deal_id"), ["deal_id"], unique=False)
        batch_op.create_index("ix_task_owner_due", ["owner_id", "done_at", "due_on"], unique=False)

    op.create_table(
        "document_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("document_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("filename", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(), nullable=False),
        sa.Column("uploaded_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["document_id"], ["document.id"], name=op.f("fk_document_version_document_id")
        ),
        sa.ForeignKeyConstraint(
            ["uploaded_by_id"], ["user.id"], name=op.f("fk_document_version_uploaded_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document_version")),
        sa.UniqueConstraint(
            "document_id", "number", name=op.f("uq_document_version_document_id_number")
        ),
    )
    with op.batch_alter_table("document_version", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_document_version_document_id"), ["document_id"], unique=False
        )
    _guards(op.get_bind().dialect.name)
    _pipelines()
    op.execute("INSERT INTO audit_head (id, seq, hash) VALUES (1, 0, '" + "0" * 64 + "')")


# The full-text index over the search tokens, in each database's own engine.
SQLITE_UP = (
    "CREATE VIRTUAL TABLE company_search_fts USING fts5("
    "tokens, content='company_search', content_rowid='company_id', detail=full)",
    "CREATE TRIGGER company_search_ai AFTER INSERT ON company_search BEGIN "
    "INSERT INTO company_search_fts(rowid, tokens) VALUES (new.company_id, new.tokens); END",
    "CREATE TRIGGER company_search_ad AFTER DELETE ON company_search BEGIN "
    "INSERT INTO company_search_fts(company_search_fts, rowid, tokens) "
    "VALUES ('delete', old.company_id, old.tokens); END",
    "CREATE TRIGGER company_search_au AFTER UPDATE ON company_search BEGIN "
    "INSERT INTO company_search_fts(company_search_fts, rowid, tokens) "
    "VALUES ('delete', old.company_id, old.tokens); "
    "INSERT INTO company_search_fts(rowid, tokens) VALUES (new.company_id, new.tokens); END",
)
SQLITE_DOWN = (
    "DROP TRIGGER company_search_au",
    "DROP TRIGGER company_search_ad",
    "DROP TRIGGER company_search_ai",
    "DROP TABLE company_search_fts",
)
POSTGRESQL_UP = (
    "CREATE INDEX ix_company_search_tokens ON company_search "
    "USING gin (to_tsvector('simple', tokens))",
)
POSTGRESQL_DOWN = ("DROP INDEX ix_company_search_tokens",)

# Rows that are never rewritten; of a figure only the moment it was superseded is ever set.
APPEND_ONLY = ("audit_entry", "stage_event", "deal_terms")
FIXED = "metric, fiscal_year, micro, choice, source, audited, recorded_at, recorded_by_id"


def _guards(dialect: str) -> None:
    if dialect == "sqlite":
        for statement in SQLITE_UP:
            op.execute(statement)
        for table in APPEND_ONLY:
            for verb in ("UPDATE", "DELETE"):
                _sqlite_guard(table, verb, verb)
        _sqlite_guard("figure", "UPDATE", f"UPDATE OF {FIXED}")
        return
    for statement in POSTGRESQL_UP:
        op.execute(statement)
    op.execute(
        "CREATE FUNCTION refuse_rewrite() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
    )
    for table in APPEND_ONLY:
        _postgresql_guard(table, "UPDATE OR DELETE")
    _postgresql_guard("figure", f"UPDATE OF {FIXED}")


# The pipelines every fund begins with. These files are never edited once deals have moved under
# them: a change is a new version.
DEFINITIONS = Path(__file__).resolve().parents[2] / "portfolio" / "pipeline" / "definitions"


def _pipelines() -> None:
    columns = [sa.column(name) for name in ("key", "version", "definition", "current")]
    table = sa.table("pipeline_version", *columns)
    for name in ("direct-1", "subfund-1"):
        definition = tomllib.loads((DEFINITIONS / f"{name}.toml").read_text(encoding="utf-8"))
        row = {"key": definition["key"], "version": definition["version"], "current": True}
        text = json.dumps(definition, ensure_ascii=False)
        op.execute(table.insert().values(**row, definition=text))


def _sqlite_guard(table: str, name: str, event: str) -> None:
    op.execute(
        f"CREATE TRIGGER {table}_no_{name.lower()} BEFORE {event} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    )


def _postgresql_guard(table: str, event: str) -> None:
    op.execute(
        f"CREATE TRIGGER {table}_guard BEFORE {event} ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION refuse_rewrite()"
    )


def downgrade() -> None:
    postgresql = op.get_bind().dialect.name == "postgresql"
    for statement in POSTGRESQL_DOWN if postgresql else SQLITE_DOWN:
        op.execute(statement)
    with op.batch_alter_table("document_version", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_document_version_document_id"))

    op.drop_table("document_version")
    with op.batch_alter_table("task", schema=None) as batch_op:
        batch_op.drop_index("ix_task_owner_due")
        batch_op.drop_index(batch_op.f("ix_task_deal_id"))
        batch_op.drop_index(batch_op.f("ix_task_company_id"))

    op.drop_table("task")
    with op.batch_alter_table("stage_event", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_stage_event_happened_at"))
        batch_op.drop_index("ix_stage_event_deal_id_id")

    op.drop_table("stage_event")
    with op.batch_alter_table("holding", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_holding_vehicle_id"))
        batch_op.drop_index(batch_op.f("ix_holding_deal_id"))
        batch_op.drop_index(batch_op.f("ix_holding_company_id"))

    op.drop_table("holding")
    with op.batch_alter_table("document", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_document_deal_id"))
        batch_op.drop_index(batch_op.f("ix_document_company_id"))

    op.drop_table("document")
    with op.batch_alter_table("deal_terms", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_deal_terms_deal_id"))

    op.drop_table("deal_terms")
    with op.batch_alter_table("deal_member", schema=None) as batch_op:
        batch_op.drop_index("ix_deal_member_user_id_deal_id")

    op.drop_table("deal_member")
    with op.batch_alter_table("deal_grant", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_deal_grant_deal_id"))

    op.drop_table("deal_grant")
    with op.batch_alter_table("activity", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_activity_deal_id"))
        batch_op.drop_index(batch_op.f("ix_activity_company_id"))

    op.drop_table("activity")
    with op.batch_alter_table("stock_code", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_stock_code_company_id"))

    op.drop_table("stock_code")
    with op.batch_alter_table("figure", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_figure_current_year",
            sqlite_where=sa.text(
                "superseded_at IS NULL AND disputed = false AND fiscal_year IS NOT NULL"
            ),
            postgresql_where=sa.text(
                "superseded_at IS NULL AND disputed = false AND fiscal_year IS NOT NULL"
            ),
        )
        batch_op.drop_index(
            "uq_figure_current_fact",
            sqlite_where=sa.text(
                "superseded_at IS NULL AND disputed = false AND fiscal_year IS NULL"
            ),
            postgresql_where=sa.text(
                "superseded_at IS NULL AND disputed = false AND fiscal_year IS NULL"
            ),
        )
        batch_op.drop_index("ix_figure_company_metric")
        batch_op.drop_index(batch_op.f("ix_figure_batch_id"))

    op.drop_table("figure")
    with op.batch_alter_table("equity_round", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_equity_round_company_id"))

    op.drop_table("equity_round")
    with op.batch_alter_table("deal", schema=None) as batch_op:
        batch_op.drop_index("ix_deal_walled")
        batch_op.drop_index("ix_deal_updated_at")
        batch_op.drop_index("ix_deal_sums")
        batch_op.drop_index("ix_deal_owner_id_status")
        batch_op.drop_index(batch_op.f("ix_deal_company_id"))
        batch_op.drop_index("ix_deal_board")

    op.drop_table("deal")
    with op.batch_alter_table("contact", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_contact_company_id"))

    op.drop_table("contact")
    op.drop_table("company_search")
    with op.batch_alter_table("company_name", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_company_name_company_id"))

    op.drop_table("company_name")
    with op.batch_alter_table("user_session", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_user_session_user_id"))

    op.drop_table("user_session")
    with op.batch_alter_table("user_role", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_user_role_user_id"))

    op.drop_table("user_role")
    with op.batch_alter_table("password_link", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_password_link_user_id"))

    op.drop_table("password_link")
    with op.batch_alter_table("company", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_company_updated_at"))
        batch_op.drop_index(batch_op.f("ix_company_region_code"))
        batch_op.drop_index(batch_op.f("ix_company_place"))
        batch_op.drop_index(batch_op.f("ix_company_founded_on"))
        batch_op.drop_index(batch_op.f("ix_company_name_zh"))
        batch_op.drop_index(batch_op.f("ix_company_latest_revenue_fen"))
        batch_op.drop_index(batch_op.f("ix_company_industry"))
        batch_op.drop_index(batch_op.f("ix_company_created_at"))

    op.drop_table("company")
    op.drop_table("vehicle")
    op.drop_table("user")
    op.drop_table("pipeline_version")
    with op.batch_alter_table("login_failure", schema=None) as batch_op:
        batch_op.drop_index("ix_login_failure_key_at")

    op.drop_table("login_failure")
    op.drop_table("audit_head")
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.drop_index("ix_audit_entry_object")
        batch_op.drop_index(batch_op.f("ix_audit_entry_deal_id"))
        batch_op.drop_index("ix_audit_entry_company_id_seq")
        batch_op.drop_index(batch_op.f("ix_audit_entry_at"))
        batch_op.drop_index(batch_op.f("ix_audit_entry_actor_id"))

    op.drop_table("audit_entry")
    if postgresql:
        op.execute("DROP FUNCTION refuse_rewrite()")
