"""`deals export` and `companies export` on the command line: refusals, traces, files."""

import json

import pytest

from portfolio.audit.models import AuditEntry
from portfolio.extensions import db
from tests import factories


def test_unknown_names_are_refused_and_nothing_is_written(app, cast, tmp_path) -> None:
    run = app.test_cli_runner().invoke
    target = tmp_path / "x.csv"
    for arguments in (
        ["--pipeline", "nope"],
        ["--stage", "nope"],
        ["--pipeline", "subfund", "--stage", "lead"],
    ):
        refused = run(args=["deals", "export", *arguments, "--output", str(target)])
        assert refused.exit_code == 1 and "没有" in refused.stderr, arguments
    assert (
        not target.exists()
        and db.session.query(AuditEntry).filter_by(action="deal.export").count() == 0
    )
    assert run(args=["deals", "export", "--format", "xlsx"]).exit_code == 2


@pytest.mark.parametrize(
    ("command", "action"), [("deals", "deal.export"), ("companies", "company.export")]
)
def test_an_export_is_in_the_trail_with_its_row_count(app, cast, tmp_path, command, action) -> None:
    for _ in range(2):
        factories.deal(cast["manager"])
    run = app.test_cli_runner().invoke
    done = run(args=[command, "export", "--output", str(tmp_path / "out.csv")])
    assert done.exit_code == 0 and (tmp_path / "out.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    entry = db.session.query(AuditEntry).filter_by(action=action).one()
    assert json.loads(entry.after)["rows"] == 2
    missing = run(args=[command, "export", "--output", str(tmp_path / "no" / "out.csv")])
    assert missing.exit_code == 1 and missing.stderr and "Traceback" not in missing.output


def test_the_heading_says_of_which_year_the_figures_are(app, cast) -> None:
    factories.deal(cast["manager"])
    run = app.test_cli_runner().invoke
    heading = run(args=["deals", "export", "--header", "zh"]).output.splitlines()[0]
    assert "上年营业收入（20" in heading
    assert '"rev_y1"' in run(args=["deals", "export"]).output.splitlines()[0]
