"""Long files: beside the request, in one transaction, taken over when a worker is gone."""

import datetime as dt

import pytest

from portfolio.companies.models import Company
from portfolio.extensions import db, unit_of_work
from portfolio.intake import job_operations, jobs
from portfolio.intake.models import ImportBatch, ImportJob

TEXT = "证券代码,企业名称\n" + "".join(f"{430000 + n},海纳{n}\n" for n in range(20))


@pytest.fixture(autouse=True)
def _short(app):
    app.config["IMPORT_AT_ONCE_ROWS"] = 10


def work(app) -> int:
    """What a worker does; the test's own session then looks anew."""
    count = jobs.work(app)
    db.session.rollback()
    return count


def job() -> ImportJob:
    db.session.expire_all()
    return db.session.query(ImportJob).order_by(ImportJob.id.desc()).first()


def test_a_long_file_is_checked_and_imported_beside_the_request(app, send) -> None:
    client, page = send(TEXT)
    assert "正在检查" in client.get(page).text
    assert "0 / 20" in client.get(page + "/progress").text
    assert client.post(page + "/confirmation").status_code == 409, "not while it is checked"
    assert work(app) == 1
    assert client.get(page + "/progress").headers["HX-Refresh"] == "true"
    assert "已检查完毕" in client.get("/").text, "told on whatever page comes next"
    assert "已检查完毕" not in client.get("/").text
    client.post(page + "/confirmation")
    assert "正在导入" in client.get(page).text
    assert "进行中" in client.get("/imports").text
    assert db.session.query(Company).count() == 0
    assert work(app) == 1
    assert db.session.query(Company).count() == 20
    assert (job().state, job().done) == ("done", 20)
    assert "已导入" in client.get("/").text
    assert work(app) == 0
    assert client.post(page + "/confirmation").status_code == 409


def test_progress_is_told_while_it_runs(app, send, monkeypatch) -> None:
    monkeypatch.setattr(job_operations, "TELL_EVERY", -1)
    client, page = send(TEXT)
    seen = []
    real = job_operations.Progress.__call__

    def noting(self, done):
        real(self, done)
        seen.append(job_operations.done_so_far(db.session.query(ImportBatch).one()))

    monkeypatch.setattr(job_operations.Progress, "__call__", noting)
    work(app)
    client.post(page + "/confirmation")
    work(app)
    assert seen and max(seen) > 0
    assert job_operations.done_so_far(db.session.query(ImportBatch).one()) == 0, "cleared away"


def test_a_refused_long_file_says_so_and_nothing_is_written(app, send) -> None:
    client, page = send(TEXT)
    work(app)
    client.post(page + "/confirmation")
    with unit_of_work("company.register"):
        for code in ("430001", "430002"):
            from_there = Company(
                name_zh=code, created_at=dt.datetime.now(dt.UTC), updated_at=dt.datetime.now(dt.UTC)
            )
            db.session.add(from_there)
    upload = db.session.query(ImportBatch).one()
    path = job_operations.operations.upload_path(upload)
    path.write_bytes(path.read_bytes() + "xx,坏\n".encode())
    work(app)
    assert job().state == "failed"
    assert db.session.query(Company).count() == 2
    assert "未写入" in client.get(page).text or "未能导入" in client.get("/").text


def test_a_dead_workers_run_is_taken_over_and_written_once(app, send) -> None:
    client, page = send(TEXT)
    work(app)
    client.post(page + "/confirmation")
    now = dt.datetime.now(dt.UTC)
    first = job_operations.claim("dead", now)
    assert first == job().id
    assert job_operations.claim("other", now) is None, "its lease holds"
    later = now + job_operations.LEASE + dt.timedelta(seconds=1)
    assert job_operations.claim("other", later) == first
    job_operations.run(first, "other")
    assert db.session.query(Company).count() == 20
    job_operations.run(first, "dead")
    assert db.session.query(Company).count() == 20 and job().worker == "other"


def test_a_run_that_breaks_too_often_is_given_up(app, send) -> None:
    send(TEXT)
    moment = dt.datetime.now(dt.UTC)
    for _ in range(job_operations.MOST_ATTEMPTS + 1):
        job_operations.claim("dead", moment)
        moment += job_operations.LEASE + dt.timedelta(seconds=1)
    assert job().state == "failed"
    assert work(app) == 0


def test_two_workers_take_up_two_runs(app, send) -> None:
    send(TEXT)
    send(TEXT.replace("海纳", "华川"))
    now = dt.datetime.now(dt.UTC)
    assert {job_operations.claim("a", now), job_operations.claim("b", now)} == {1, 2}
    assert job_operations.claim("c", now) is None
