"""`/healthz` for machines: no log-in, no secrets; 503 only when the database fails."""

from typing import Any

import sqlalchemy as sa
from flask import Blueprint, current_app, jsonify
from sqlalchemy.exc import SQLAlchemyError

from portfolio.extensions import db
from portfolio.people import access

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
@access.public
def healthz() -> Any:
    """Database, scheduler's last tick, last digest; slices add their reports."""
    try:
        db.session.execute(sa.text("SELECT 1"))
        reports = current_app.extensions.get("health_reports", {})
        found = {name: report() for name, report in reports.items()}
    except SQLAlchemyError:
        return jsonify(database="failed"), 503
    return jsonify(database="ok", **found)
