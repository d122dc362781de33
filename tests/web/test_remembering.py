"""What is read once in a transaction: several parts of a page share it, no later reader is misled."""

import sqlalchemy as sa
from flask import g, render_template_string

from portfolio.extensions import db, remembered, unit_of_work
from portfolio.people.models import User
from portfolio.people.queries import names_of
from portfolio.web.i18n import speaking


def _name(user_id: int) -> str:
    return remembered(
        ("name", user_id), lambda: db.session.scalar(sa.select(User.name).filter_by(id=user_id))
    )


def test_a_second_reader_asks_nothing(cast) -> None:
    asked = []
    for _ in range(2):
        remembered("answer", lambda: asked.append(1))
    assert len(asked) == 1


def test_what_is_written_is_read_anew_within_and_after_the_transaction(cast) -> None:
    person = cast["reader"]
    assert _name(person.id) == names_of({person.id})[person.id] == person.name
    with unit_of_work("user.change"):
        db.session.get_one(User, person.id).name = "改名者"
        db.session.flush()
        assert _name(person.id) == "改名者"
        db.session.execute(sa.update(User).where(User.id == person.id).values(name="再改者"))
        assert _name(person.id) == "再改者"
    assert names_of({person.id}) == {person.id: "再改者"}


def test_what_is_rolled_back_is_forgotten(cast) -> None:
    person = cast["reader"]
    try:
        with unit_of_work("user.change"):
            db.session.execute(sa.update(User).where(User.id == person.id).values(name="改名者"))
            assert _name(person.id) == "改名者"
            raise ValueError
    except ValueError:
        assert _name(person.id) == person.name


def test_numbers_and_words_in_texts_are_filled_in_and_escaped(app) -> None:
    number = '{{ ngettext("%(num)d company", "%(num)d companies", 3) }}'
    word = '{{ _("Remove %(label)s", label=word) }}'
    with app.test_request_context("/"), speaking("en"):
        assert g.language == "en"
        assert render_template_string(number) == "3 companies"
        assert render_template_string(word, word="<b>") == "Remove &lt;b&gt;"
        assert render_template_string(word, word=7) == "Remove 7"
