"""The vocabulary is sound, and the suggestions agree with labelled descriptions.

data/written.jsonl holds descriptions that we wrote ourselves, labelled before any was run.
"""

import json
import shutil
from pathlib import Path

import pytest

from portfolio.chokepoint import commands
from portfolio.chokepoint.evaluation import cross_validated, judged
from portfolio.chokepoint.fitting import labelled
from portfolio.chokepoint.lexicon import lexicon
from portfolio.chokepoint.taxonomy import shipped, vocabulary
from portfolio.chokepoint.weighing import FILE, prior, weights

WRITTEN = Path(__file__).with_name("data") / "written.jsonl"


@pytest.fixture(scope="module")
def rows():
    lines = WRITTEN.read_text(encoding="utf-8").splitlines()
    return [labelled(json.loads(line), lexicon()) for line in lines]


def test_the_vocabulary_names_technologies_of_the_taxonomy_and_each_word_once() -> None:
    known = set(shipped().technologies)
    assert set(vocabulary()) == known
    for technology, kinds in vocabulary().items():
        assert set(kinds) <= {"words", "loose", "not", "pieces", "equipment"}, technology
        assert set(kinds.get("pieces", [])) <= known
        every = [word for kind in ("words", "loose", "not") for word in kinds.get(kind, [])]
        assert len(every) == len(set(every)), technology
        assert all(len(word) > 1 for word in every), technology


def test_the_written_descriptions_are_labelled_with_known_technologies(rows) -> None:
    assert len({row.id for row in rows}) == len(rows)
    assert {label for row in rows for label in row.labels} == set(shipped().technologies)


def test_suggestions_agree_with_the_written_descriptions(rows) -> None:
    found = judged(rows, lexicon(), weights())
    assert found.tags(rows).f1 > 0.9
    clean, without = found.clean(rows)
    assert clean / without > 0.88


def test_what_is_fitted_holds_for_rows_it_has_not_seen(rows) -> None:
    found = cross_validated(rows, [], prior(), lexicon())
    assert found.tags(rows).f1 > 0.85
    assert {guess.row.id for guess in found.worst(5)} <= {row.id for row in rows}


def test_figures_are_printed_with_roles_and_worst_errors(app) -> None:
    result = app.test_cli_runner().invoke(
        args=["chokepoint", "evaluate", "--in-force", "--errors", "3", str(WRITTEN)]
    )
    assert result.exit_code == 0, result.output
    assert "micro-F1 0.9" in result.output
    assert "no-tag accuracy" in result.output
    for heading in ("develops", "uses", "sells", "serves", "mentions", "the 3 worst errors"):
        assert heading in result.output


def test_fitting_writes_weights_and_keeps_the_prior_ones(app, tmp_path, monkeypatch) -> None:
    file = tmp_path / "weights.toml"
    shutil.copy(FILE, file)
    monkeypatch.setattr(commands, "FILE", file)
    result = app.test_cli_runner().invoke(args=["chokepoint", "fit", str(WRITTEN)])
    assert result.exit_code == 0, result.output
    assert file.read_text().split("[fitted]")[0] == FILE.read_text().split("[fitted]")[0]
    assert "make = " in file.read_text().split("[fitted]")[1]


def test_a_row_without_labels_is_refused_by_its_number(app, tmp_path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text('{"id": "a", "text": "x", "labels": []}\n{"id": "b", "text": "x"}\n')
    result = app.test_cli_runner().invoke(args=["chokepoint", "evaluate", str(file)])
    assert result.exit_code == 1
    assert "2" in result.stderr


def test_lines_in_several_encodings_are_answered_in_order(app, tmp_path) -> None:
    line = json.dumps({"id": "x", "text": "公司自主研发光刻胶。"}, ensure_ascii=False)
    file = tmp_path / "texts.jsonl"
    separator = json.dumps({"id": "y", "text": "公司研发激光雷达\u2028。"}, ensure_ascii=False)
    parts = (b"\xef\xbb\xbf" + line.encode(), line.encode("gb18030"), separator.encode())
    file.write_bytes(b"\r\n".join(parts) + b"\n\n")
    result = app.test_cli_runner().invoke(args=["chokepoint", "suggest", str(file)])
    assert result.exit_code == 0, result.output
    answers = [json.loads(row) for row in result.output.strip().split("\n")]
    ids = [[t["id"] for t in row["technologies"]] for row in answers]
    assert ids == [["photoresist"], ["photoresist"], ["lidar"]]
