"""Indexes that the board, and the counts and orders of lists of deals, are read from."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

BEFORE = {
    "ix_deal_board": ["pipeline_id", "status", "stage", "stage_entered_at", "id"],
    "ix_deal_sums": ["pipeline_id", "status", "stage", "walled", "amount_fen"],
    "ix_deal_owner_id_status": ["owner_id", "status"],
}
AFTER = {
    "ix_deal_board": ["pipeline_id", "status", "stage", "stage_entered_at", "id", "walled"],
    "ix_deal_sums": ["pipeline_id", "status", "walled", "stage", "amount_fen"],
    "ix_deal_stage": ["stage", "status", "walled"],
    "ix_deal_owner": ["owner_id", "status", "stage_entered_at", "id", "walled"],
    "ix_deal_name": ["name", "id"],
    "ix_deal_amount": ["amount_fen", "id"],
    "ix_deal_entered": ["stage_entered_at", "id"],
    "ix_deal_created_at": ["created_at", "id"],
}


def upgrade() -> None:
    _replace(BEFORE, AFTER)


def downgrade() -> None:
    _replace(AFTER, BEFORE)


def _replace(old: dict[str, list[str]], new: dict[str, list[str]]) -> None:
    for name in old:
        op.drop_index(name, "deal")
    for name, columns in new.items():
        op.create_index(name, "deal", columns)
