"""The audit page: who changed what, masked by the reader's own rights."""

from flask import Blueprint, render_template

from portfolio.people import access

blueprint = Blueprint("audit", __name__)


@blueprint.get("/audit")
@access.permit("audit.read")
def index() -> str:
    """The newest entries."""
    return render_template("audit/index.html")
