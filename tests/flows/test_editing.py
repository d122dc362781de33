"""A draft keeps what is typed and says at each field what is wrong; two editors see each other."""

import re
from typing import Any

import pytest

from portfolio.pipeline import queries
from tests.flows.editing import SETTINGS, definition, row_ids, typed


@pytest.fixture
def admin(as_user):
    return as_user("admin")


def begun(admin, key: str = "direct") -> str:
    """The address of a draft."""
    return admin.post(f"{SETTINGS}/drafts", data={"key": key}).location


def saved(admin, address: str, part: str, change: Any = None, do: str = "save"):
    """Send a part's form back, changed; answers with the page after it."""
    page = admin.get(f"{address}/{part}").text
    ids = row_ids(page)
    form = typed(page, ids, do=do)
    if change:
        change(form, ids)
    answer = admin.post(f"{address}/{part}", data=form)
    assert answer.status_code == 302, answer.text
    return admin.get(f"{address}/{part}").text


def test_a_draft_that_is_saved_unchanged_says_the_same(admin) -> None:
    address = begun(admin)
    before = definition(address)
    for part in ("stages", "checklists", "reasons", "moves"):
        saved(admin, address, part)
    for number in (before["stage"][3]["_id"], before["stage"][6]["_id"]):
        saved(admin, address, f"stages/{number}")
    saved(admin, address, f"checklists/{before['checklist'][0]['_id']}")
    assert definition(address) == before
    assert begun(admin) == address


def test_rows_are_added_moved_and_removed_with_what_belongs_to_them(admin) -> None:
    address = begun(admin)
    before = definition(address)["stage"]
    saved(admin, address, "stages", do=f"down-{before[1]['_id']}")
    after = definition(address)["stage"]
    assert [s["key"] for s in after[:3]] == ["lead", "screening", "pool"]
    assert after[2]["condition"] == before[1]["condition"]
    saved(admin, address, "stages", do=f"drop-{before[0]['_id']}")
    page = saved(admin, address, "stages", do="add")
    assert [s["key"] for s in definition(address)["stage"]][::11] == ["screening", ""]
    assert "New row" in page or "新行" in page
    added = admin.get(f"{address}/stages?added=1").text
    plain = admin.get(f"{address}/stages").text
    assert "待改" not in added.rpartition("flowrow")[2], "of what was just added nothing is wrong"
    assert 'aria-invalid="true"' in plain.rpartition("flowrow")[2], "saved as it is, it is"


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("key", "lead", "twice"),
        ("key", "Über", "no key"),
        ("key", "approval", "another pipeline"),
        ("en", "", "missing"),
        ("target_days", "soon", "from 1 to 3660"),
        ("target_days", "0", "from 1 to 3660"),
        ("warn_days", "3661", "from 1 to 3660"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_what_was_typed_stays(
    admin, column, value, said
) -> None:
    admin.set_cookie("lang", "en")
    address = begun(admin)
    ids: list[str] = []

    def change(form, rows):
        ids.append(rows[2])
        form[f"{rows[2]}-{column}"] = value

    page = saved(admin, address, "stages", change)
    field = re.search(rf'<input class="control" id="{ids[0]}-{column}"[^>]*>', page)[0]
    assert f'value="{value}"' in field and 'aria-invalid="true"' in field
    error = re.search(rf'id="{ids[0]}-{column}-err">(.*?)</p>', page, re.DOTALL)[1]
    assert said in error
    assert admin.post(f"{address}/publish", data={"version": "2"}).status_code == 422
    assert queries.current_pipeline("direct").version == 3


def test_a_condition_that_can_never_be_met_is_refused_at_its_row(admin) -> None:
    admin.set_cookie("lang", "en")
    address = begun(admin)
    number = definition(address)["stage"][4]["_id"]

    def change(form, rows):
        form[f"{rows[0]}-needs"], form[f"{rows[0]}-items"] = "items", []
        form[f"{rows[2]}-people"] = "99"

    page = saved(admin, address, f"stages/{number}", change)
    for said in ("must be a whole number from 1 to 20", "choose at least one"):
        assert page.count(said) == 2, "in the summary and at its row"
    overview = admin.get(address).text
    assert f"{address}/stages/{number}#" in overview


def test_a_pipeline_without_stages_and_stages_nobody_reaches_are_refused(admin) -> None:
    admin.set_cookie("lang", "en")
    address = begun(admin)

    def without(form, rows):
        form["row"] = []

    saved(admin, address, "moves", without)
    for part in ("stages", "moves"):  # it shows at the stage and is mended among the moves
        assert "No move leads to the stage “Project pool”" in admin.get(f"{address}/{part}").text
    saved(admin, address, "stages", without)
    assert "at least one stage" in admin.get(address).text
    assert admin.get(f"{address}/preview").status_code == 200


def test_faults_and_fields_speak_in_titles_never_in_keys(admin) -> None:
    admin.set_cookie("lang", "en")
    address = begun(admin)

    def change(form, rows):
        form[f"{rows[0]}-warn_days"] = "1"

    page = saved(admin, address, "stages", change)
    assert "Overdue from may not be less than the target days (5)." in page
    number = definition(address)["moves"][1]["_id"]

    def without_way_back(form, rows):
        form["row"] = [r for r in rows if r != str(definition(address)["moves"][4]["_id"])]
        form[f"{number}-jump-from"], form[f"{number}-jump-to"] = ["ic", "dd"], ["pool", ""]

    page = saved(admin, address, "moves", without_way_back)
    assert "Jumps besides is missing" in page and "definition." not in page
    assert "Let deals go on although conditions are open</option>" in page
    assert ">deal.override<" not in page and "ic&gt;dd" not in page
    preview = admin.get(f"{address}/preview").text
    assert "Investment committee → Project pool" in preview


def test_saving_with_faults_says_both_in_one_and_nothing_else(admin) -> None:
    admin.set_cookie("lang", "en")
    address = begun(admin)
    page = admin.get(f"{address}/reasons").text
    ids = row_ids(page)
    answer = admin.post(f"{address}/reasons", data={**typed(page, ids), "row": []})
    after = admin.get(answer.location).text
    assert "Saved; 4 places are still to mend" in after and "<li>Saved.</li>" not in after
    assert after.count("asks for a reason, and there is none of its kinds") == 4  # mended here too
    assert "4 places are still to mend" in admin.get(f"{address}/moves").text
    assert "still to mend" not in admin.get(f"{address}/checklists").text
    again = admin.post(f"{address}/reasons", data=typed(page, ids) | {"version": "2"})
    assert "<li>Saved.</li>" in admin.get(again.location).text


def test_removing_asks_first_and_says_what_hangs_on_it(admin, deals) -> None:
    admin.set_cookie("lang", "en")
    address = begun(admin)
    stage = definition(address)["stage"][2]
    page = admin.get(f"{address}/stages").text
    form = typed(page, row_ids(page), do=f"remove-{stage['_id']}")
    answer = admin.post(f"{address}/stages", data=form)
    asked = admin.get(answer.location).text
    box = asked.split('class="note warn"')[1].split("</div>")[0]
    assert "Remove “Screening”?" in box and "Open deals in it: 1." in box
    assert "Checklists that belong to it" in box
    assert len(definition(address)["stage"]) == 12, "nothing is removed yet"
    form = typed(asked, row_ids(asked), do=f"drop-{stage['_id']}")
    admin.post(f"{address}/stages", data=form)
    assert "screening" not in [s["key"] for s in definition(address)["stage"]]
    checklist = definition(address)["checklist"][0]
    page = admin.get(f"{address}/checklists").text
    form = typed(page, row_ids(page), do=f"remove-{checklist['_id']}")
    asked = admin.get(admin.post(f"{address}/checklists", data=form).location).text
    assert "Items that go with it" in asked and "Conditions that ask for it" in asked
    admin.get(address)
    page = saved(admin, address, "reasons", do="add")
    blank = row_ids(page)[-1]
    saved(admin, address, "reasons", do=f"remove-{blank}")
    assert blank not in row_ids(admin.get(f"{address}/reasons").text), "nothing to ask about"


def test_two_administrators_at_one_draft_see_each_other(admin, as_user, cast) -> None:
    admin.set_cookie("lang", "en")
    address = begun(admin)
    page = admin.get(f"{address}/stages").text
    ids = row_ids(page)
    saved(admin, address, "stages", lambda form, rows: form.update({f"{rows[0]}-zh": "他的线索"}))
    mine = typed(page, ids) | {f"{ids[0]}-zh": "我的线索"}
    answer = admin.post(f"{address}/stages", data=mine)
    assert answer.status_code == 409
    assert "我的线索" in answer.text and "他的线索" in answer.text
    assert definition(address)["stage"][0]["zh"] == "他的线索"
    again = typed(answer.text, row_ids(answer.text))
    assert admin.post(f"{address}/stages", data=again).status_code == 302
    assert definition(address)["stage"][0]["zh"] == "我的线索"


def test_a_draft_can_be_discarded(admin) -> None:
    address = begun(admin)
    page = admin.get(address).text
    version = re.search(r'name="version" value="(\d+)"', page)[1]
    saved(admin, address, "stages", do="add")
    admin.post(f"{address}/discard", data={"version": version})
    assert admin.get(address).status_code == 200, "somebody saved it since"
    version = re.search(r'name="version" value="(\d+)"', admin.get(address).text)[1]
    assert admin.post(f"{address}/discard", data={"version": version}).status_code == 302
    assert admin.get(address).status_code == 404
    assert "direct" in admin.get(SETTINGS).text


@pytest.mark.parametrize("key", ["direct", "Grün", "a" * 21, ""])
def test_a_new_pipeline_needs_a_key_of_its_own(admin, key) -> None:
    form = {"key": key, "zh": "专项", "en": "Special", "target": "company", "like": ""}
    answer = admin.post(f"{SETTINGS}/new", data=form)
    assert answer.status_code == 422 and 'value="专项"' in answer.text


def test_a_version_can_be_read(admin) -> None:
    for row in queries.db.session.scalars(queries.sa.select(queries.PipelineVersion)):
        page = admin.get(f"{SETTINGS}/versions/{row.id}")
        assert page.status_code == 200 and f"<code>{row.key}" not in page.text
