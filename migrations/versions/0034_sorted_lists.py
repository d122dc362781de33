"""The indexes that lists of deals are sorted by also say who may see a deal."""

from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

SORTED_BY = {
    "ix_deal_updated_at": "updated_at",
    "ix_deal_name": "name",
    "ix_deal_amount": "amount_fen",
    "ix_deal_entered": "stage_entered_at",
    "ix_deal_created_at": "created_at",
}


def upgrade() -> None:
    for name, column in SORTED_BY.items():
        op.drop_index(name, "deal")
        op.create_index(name, "deal", [column, "id", "walled", "deleted_at"])


def downgrade() -> None:
    for name, column in SORTED_BY.items():
        op.drop_index(name, "deal")
        op.create_index(name, "deal", [column, "id"])
