"""Reasons of rejection: the code of the one that was chosen, apart from what was written besides."""

import sqlalchemy as sa
from alembic import op

revision = "0054"
down_revision = "0053"
branch_labels = None
depends_on = None

# As the file of reasons said them in Chinese, which is what was kept.
TITLES = {
    "use": "只是使用或采购，并非研发",
    "sell": "只是销售或代理",
    "serve": "只提供相关服务（检测、施工、维修等）",
    "mention": "仅提及（行业、客户或应用领域）",
    "part": "只做零部件或配套，非该技术本身",
    "meaning": "词义不同，并非该技术",
    "other": "其他公司所为（参股、合作方等）",
    "plan": "仅为规划，尚无样品或产品",
    "grade": "属成熟通用档次，不构成卡脖子",
}
COLON = "："


def upgrade() -> None:
    op.add_column(
        "chokepoint_tag", sa.Column("reason_code", sa.Text(), server_default="", nullable=False)
    )
    for code, title in TITLES.items():
        _say("reason_code = :code, reason = ''", "reason = :title", code=code, title=title)
        _say(
            "reason_code = :code, reason = substr(reason, :start)",
            "substr(reason, 1, :begun) = :title",
            code=code,
            title=title + COLON,
            begun=len(title + COLON),
            start=len(title + COLON) + 1,
        )


def downgrade() -> None:
    said = "CASE reason WHEN '' THEN '' ELSE :colon || reason END"
    for code, title in TITLES.items():
        _say(
            f"reason = :title || {said}", "reason_code = :code", code=code, title=title, colon=COLON
        )
    op.drop_column("chokepoint_tag", "reason_code")


def _say(what: str, where: str, **values: str | int) -> None:
    statement = f"UPDATE chokepoint_tag SET {what} WHERE {where}"
    op.get_bind().execute(sa.text(statement), values)
