"""What each error code of the pure parts is called in the reader's language."""

from collections.abc import Mapping, Sequence

from flask_babel import lazy_gettext as _l

from portfolio.kernel.errors import InputError
from portfolio.kernel.money import FEN_PER_YUAN, MOST_FEN
from portfolio.kernel.numbers import MICRO, MOST_MICRO
from portfolio.kernel.titles import titled
from portfolio.web import (
    definition_messages,
    digest_messages,
    holiday_messages,
    robot_messages,
    technology_messages,
)
from portfolio.web.i18n import language

MESSAGES = {
    **definition_messages.MESSAGES,
    **digest_messages.MESSAGES,
    **holiday_messages.MESSAGES,
    **robot_messages.MESSAGES,
    **technology_messages.MESSAGES,
    "password.short": _l("The password needs at least %(minimum)s characters."),
    "password.long": _l("The password may have at most %(maximum)s characters."),
    "password.common": _l("This password is one of those guessed first. Choose another."),
    "password.context": _l("Apart from names everybody here knows, the password is too short."),
    "login.throttled": _l("Too many attempts. Try again in %(minutes)s minutes."),
    "link.invalid": _l("This link has been used or has expired. Ask for a new one."),
    "email.malformed": _l("“%(value)s” is no e-mail address."),
    "phone.malformed": _l(
        "“%(value)s” is no telephone number: 6 to 30 characters, at least 5 digits, with spaces, +, -, "
        "brackets or an extension as in 0532-88887777转801."
    ),
    "email.taken": _l("There is an account with the address %(value)s already."),
    "admin.last": _l("Somebody must be left who can give roles: name another administrator first."),
    "role.unknown": _l("There is no role “%(value)s”."),
    "field.unknown": _l("There is no field “%(value)s”."),
    "name.missing": _l("A name is needed."),
    "title.missing": _l("A title is needed."),
    "text.missing": _l("Write what happened."),
    "patents.untitled": _l("Line %(row)s has no title."),
    "patents.long": _l("Line %(row)s: the title is longer than %(most)s characters."),
    "patents.many": _l("At most %(most)s lines at once."),
    "patents.none": _l("There is no title among the lines."),
    "file.empty": _l("The file is empty."),
    "record.conflict_by": _l("%(name)s saved this record at %(at)s, after you had opened it."),
    "meeting.refused": _l("Your role arranges no meetings of the committees."),
    "meeting.kind": _l("There is no kind of meeting “%(value)s”."),
    "meeting.ask": _l("Nothing called “%(value)s” can be asked of a meeting."),
    "meeting.ends_first": _l("It has to end after it begins."),
    "meeting.over": _l("The meeting is over or cancelled: nothing about it can be changed."),
    "meeting.ahead": _l("The meeting has not begun yet."),
    "meeting.reason_missing": _l("Say why the meeting is cancelled."),
    "meeting.on_agenda": _l("%(name)s is on the agenda already."),
    "meeting.full": _l("An agenda has at most %(most)s items."),
    "meeting.presenter": _l("Whoever presents must be able to see the deal."),
    "meeting.order_changed": _l("Somebody else has changed the agenda. This is how it stands now."),
    "clock.malformed": _l("“%(value)s” is no time of day. Write it as 09:30."),
    "record.conflict": _l("Somebody else has saved this record since you opened it."),
    "date.malformed": _l("“%(value)s” is no date. Write it as 2026-03-31."),
    "date.impossible": _l("There is no such day: %(value)s."),
    "date.ahead": _l("%(value)s is yet to come."),
    "money.malformed": _l("“%(value)s” is no amount. Write 800万, 1.2亿 or 1,200."),
    "money.negative": _l("The amount may not be negative: %(value)s."),
    "money.below_fen": _l("The amount has parts of a fen: %(value)s."),
    "money.too_large": _l(
        "The amount is out of range: %(value)s. It may be at most %(most)s CNY, above or below zero."
    ),
    "number.malformed": _l("“%(value)s” is no number."),
    "number.too_fine": _l("The number has more than six decimals: %(value)s."),
    "number.too_large": _l(
        "The number is out of range: %(value)s. It may be at most %(most)s, above or below zero."
    ),
    "number.range": _l("Enter a whole number from %(least)s to %(most)s."),
    "figure.answered": _l("Somebody has decided on this value already."),
    "figure.negative": _l("This is below zero. Is that right?"),
    "figure.part_exceeds_whole": _l("This is more than the whole it is a part of. Is that right?"),
    "figure.over_whole": _l("This is more than the whole. Is that right?"),
    "figure.above_whole": _l("This is more than %(whole)s (%(value)s). Is that right?"),
    "report.none": _l("The list holds no company whose data you may take home."),
    "report.too_many": _l("These are more than %(most)s companies: narrow the list down."),
    "paste.too_long": _l("The table has more than %(most)s lines."),
    "paste.no_years": _l("No fiscal year is named: a heading such as 2025 or 2025年度 is needed."),
    "paste.too_many_years": _l("There are more than %(most)s fiscal years."),
    "paste.year_twice": _l("Two columns are of %(value)s."),
    "paste.no_figures": _l("No figure was recognised among: %(value)s."),
    "paste.no_unit": _l("In which unit is “%(value)s”? Choose it below, or name it in the table."),
    "paste.twice": _l("Two lines say “%(value)s” of %(year)s. Leave one."),
    "figure.odd_beside": _l("This does not go with %(other)s (%(value)s). Is that right?"),
    "figure.not_whole": _l("What is counted is usually a whole number. Is that right?"),
    "figure.insolvent": _l("Equity below zero: debts exceed assets. Is that right?"),
    "figure.sum_differs": _l(
        "%(one)s and %(other)s add up to %(computed)s, %(rest)s away from this; %(hint)s. Is that right?"
    ),
    "figure.other_sign": _l(
        "%(other)s is %(value)s: the one above zero, the other below. Is that right?"
    ),
    "figure.leaps": _l(
        "The year before it was %(value)s, %(times)s times apart or more. Is the unit right?"
    ),
    "share.disagrees": _l(
        "%(value)s does not fit %(one)s over %(other)s, which gives %(computed)s."
    ),
    "flag.unknown": _l("“%(value)s” is neither yes nor no."),
    "option.unknown": _l("“%(value)s” is not one of the options."),
    "assumed.too_many": _l("At most %(most)s figures can be changed at a time."),
    "expected.no_value": _l("Say what value is expected, or take the fiscal year away."),
    "growth.range": _l("A growth is from %(least)s%% to %(most)s%% a year."),
    "scenario.unnamed": _l("A scenario needs a name."),
    "scenario.taken": _l("There is a scenario called “%(value)s” already."),
    "scenario.empty": _l("Nothing is changed yet that could be kept."),
    "scenario.too_many": _l("A company has at most %(most)s scenarios: delete one first."),
    "case.malformed": _l("This is no list of companies to assess as JSON."),
    "rulebook.unknown": _l("There is no rulebook “%(value)s”."),
    "text.malformed": _l("“%(value)s” is no text."),
    "metric.unknown": _l("There is no figure called “%(value)s”."),
    "file.too_large": _l("The file is larger than %(most)s MB."),
    "file.encoding": _l(
        "The file mixes encodings: row %(row)s, byte %(byte)s is neither UTF-8 nor GB18030. Save it in "
        "Excel as “CSV UTF-8” and upload it again."
    ),
    "file.encoding_unknown": _l(
        "The text is in an encoding that is not read here, such as Big5. Save it in Excel as “CSV UTF-8” "
        "or as .xlsx and upload it again."
    ),
    "file.encodings_mixed": _l(
        "The file mixes UTF-8 and GB18030: row %(row)s is written otherwise than the rest."
    ),
    "file.not_text": _l("This is no text file and no workbook."),
    "file.old_or_locked": _l("Old .xls files and locked workbooks cannot be read: save as .xlsx."),
    "file.quotes": _l("A quotation mark in the file is not closed."),
    "file.cell_too_long": _l("A cell is too long."),
    "file.too_many_rows": _l("The file has more than %(most)s rows."),
    "file.too_many_columns": _l("The file has more than %(most)s columns."),
    "file.ragged": _l("Row %(row)s has %(found)s cells; the headings are %(expected)s."),
    "workbook.broken": _l("The workbook is damaged or not a workbook."),
    "workbook.macros": _l("Workbooks with macros are not accepted."),
    "workbook.links": _l("Workbooks that refer to other files are not accepted."),
    "workbook.too_large": _l("The workbook holds more than can be read safely."),
    "workbook.too_slow": _l("The workbook takes too long to read."),
    "mapping.malformed": _l(
        'The mapping is no JSON object of headings and fields, such as {"营收": "metric:revenue"}.'
    ),
    "mapping.column_twice": _l("The mapping names the column “%(value)s” twice."),
    "mapping.no_such_column": _l("The file has no column “%(value)s”."),
    "mapping.no_such_field": _l("There is no field “%(value)s”."),
    "mapping.no_such_unit": _l("Nothing here is read in “%(value)s”."),
    "mapping.no_company": _l("No column says which company is meant: name, code or credit code."),
    "mapping.twice": _l("Several columns stand for the same thing: %(value)s."),
    "mapping.no_year": _l("There are yearly figures, but no column says of which year."),
    "mapping.two_columns": _l(
        "Two columns are called “%(value)s”: write “%(value)s (1)” or “%(value)s (2)”."
    ),
    "mapping.no_deals": _l("No column says which deal is meant: its number or its name."),
    "mapping.no_contacts": _l("No column holds the names of the people."),
    "mapping.no_tasks": _l("No column says what is to be done."),
    "mapping.no_documents": _l("No column holds the titles of the documents."),
    "column.unknown": _l("Not recognised, so not imported."),
    "column.unmapped": _l("Not imported, as chosen."),
    "column.computed": _l("Computed here, so not imported."),
    "column.not_kept": _l("Not kept here, so not imported."),
    "column.reasons": _l("The reasons of an earlier import: ignored."),
    "text.too_long": _l("The text has %(length)s characters; at most %(most)s are kept."),
    "region.malformed": _l("An administrative code has six digits, such as 370212."),
    "cell.formula": _l(
        "The cell holds a formula (%(value)s): enter its value, or ' before it for a text."
    ),
    "cell.formula_without_value": _l(
        "The cell holds a formula, and the file does not hold its value: enter the value."
    ),
    "cell.formula_taken": _l(
        "%(count)s cells of this column hold formulas: the values shown there are taken."
    ),
    "cell.like_formula": _l("“%(value)s” looks like a formula; it is kept as text."),
    "year.ahead": _l("Fiscal year %(value)s is yet to come."),
    "year.not_audited": _l("Fiscal year %(value)s has not ended, so it cannot be audited yet."),
    "year.malformed": _l("“%(value)s” is no fiscal year."),
    "row.no_company": _l("The row does not say which company it means."),
    "row.no_year": _l("The row does not say of which year its figures are."),
    "row.two_companies": _l("The row means two companies: %(one)s and %(other)s."),
    "row.contradicts": _l("This row says %(value)s; row %(row)s says %(known)s."),
    "row.says_otherwise": _l("Row %(row)s says %(known)s, this one %(value)s; the first counts."),
    "row.company_unknown": _l("There is no such company yet."),
    "row.namesakes": _l("Several companies have this name: add the credit code or stock code."),
    "row.no_deals": _l("The row has neither number nor name of a deal."),
    "row.no_contacts": _l("The row has no name of a person."),
    "row.no_tasks": _l("The row does not say what is to be done."),
    "row.no_documents": _l("The row has no title of a document."),
    "deal.amount_over_whole": _l("Our amount would be more than the whole."),
    "deal.unknown": _l("There is no deal with the number “%(value)s”."),
    "person.unknown": _l("Nobody here has the name or address “%(value)s”."),
    "person.two": _l("Several people are called %(value)s: write the e-mail address."),
    "person.missing": _l("Say who is responsible."),
    "pipeline.unknown": _l("There is no pipeline “%(value)s”."),
    "pipeline.none_called": _l("There is no pipeline “%(value)s”. There are: %(known)s."),
    "vehicle.unknown": _l("There is no vehicle “%(value)s”."),
    "vehicle.missing": _l("Say which vehicle invests."),
    "link.malformed": _l("“%(value)s” is no link: it begins with https://."),
    "value.missing": _l("The figure is missing."),
    "value.taken": _l("Was: %(known)s. Becomes: %(value)s."),
    "value.was_taken": _l("Was: %(known)s. Has become: %(value)s."),
    "value.differs": _l("Kept: %(known)s. The file says: %(value)s."),
    "figure.differs": _l("Current: %(known)s. The file says: %(value)s. Both are kept."),
    "figure.hundredfold": _l(
        "Current: %(known)s. The file says: %(value)s, a hundredfold apart. Both are kept."
    ),
    "unit.assumed": _l(
        "The heading “%(value)s” names no unit: its amounts are read as %(unit)s. If they are in another "
        "unit, choose it at the column."
    ),
    "unit.perhaps_ratio": _l(
        "All of the column “%(value)s” is below 1%%: if it holds parts of one (0.35 for 35%%), choose that "
        "unit at the column."
    ),
    "number.rounded": _l("%(value)s has more decimals than are kept; it was rounded."),
    "percent.stored_as_ratio": _l(
        "%(value)s looks like a ratio and not a percentage: %(computed)s%% would fit."
    ),
    "growth.disagrees": _l("%(value)s%% does not fit the revenues, which give %(computed)s%%."),
    "margin.below_net": _l("%(value)s%% is below the net margin of %(computed)s%%."),
    "demo.production": _l("Demo data is never loaded in production."),
    "demo.not_empty": _l("There are accounts already; the demo is loaded into an empty database."),
    "demo.password": _l("Demo log-ins, all with the password %(value)s:"),
    "choice.unknown": _l("“%(value)s” is none of the choices."),
    "reason.missing": _l("Say why not."),
    "import.running": _l("Somebody is working on this file already."),
    "import.given_up": _l("The import was interrupted too often and has been given up."),
    "import.not_done": _l("Only what was imported can be taken back."),
    "import.entangled": _l("%(count)s records were changed or used since."),
    "import.refused": _l("Nothing was written: %(rows)s rows have errors."),
    "uscc.length": _l("A credit code has 18 characters; this one has %(length)s."),
    "uscc.character": _l("A credit code never holds the character “%(value)s”."),
    "uscc.check_digit": _l(
        "%(value)s does not check out: one of its characters is wrong. Compare it with the licence."
    ),
    "stock_code.malformed": _l("“%(value)s” is no stock code: it has six digits."),
    "uscc.taken": _l("Another company has the credit code %(value)s."),
    "stock_code.taken": _l("Another company has the stock code %(value)s."),
    "deal.wrong_target": _l("The pipeline “%(value)s” is not for deals of this kind."),
    "vehicle.taken": _l("There is a fund of this name already: “%(value)s”."),
    "deal.one_target": _l("A deal is about one company or one sub-fund."),
    "deal.no_company": _l("The deal lost its company: restore it or choose another one first."),
    "deal.has_company": _l("The deal has its company; look at it again."),
    "company.none": _l("There is no such company."),
    "deal.no_walled": _l("No confidential deal has the number “%(value)s”."),
    "undo.changed": _l("It was changed meanwhile and cannot be taken back any more."),
    "undo.changed_by": _l("%(name)s changed it on %(at)s; it cannot be taken back any more."),
    "undo.collides": _l(
        "What it belongs to is gone, or its place has been taken meanwhile: it cannot be restored."
    ),
    "undo.parent_gone": _l("Restore the company or deal it belongs to first."),
    "company.referenced": _l("The company is still referred to and cannot be deleted."),
    "deal.delete_late": _l("The deal has come so far that only a partner may delete it."),
    "company.itself": _l("A company cannot be compared with itself."),
    "company.merged_already": _l("%(one)s is part of %(other)s already."),
    "company.deals_of_others": _l(
        "Deals would go over that you may not change: %(names)s. Ask a partner or who is on their team."
    ),
    "merge.two_entities": _l(
        "The two have different credit codes: confirm that they are to be merged all the same."
    ),
    "merge.no_choice": _l("“%(value)s” is none of the values offered: choose one of them."),
    "company.told_apart": _l("Somebody has said already that these two are not the same."),
    "bulk.none": _l("Choose at least one deal."),
    "bulk.too_many": _l("At most %(most)s deals can be changed at once; these are more."),
    "bulk.person_missing": _l("Choose a person."),
    "bulk.stage_missing": _l("Choose a stage."),
    "bulk.same": _l("It is so already."),
    "bulk.owner_stays": _l("The owner always is on the team."),
    "undo.refused": _l("You may not take this back."),
    "undo.too_late": _l("It is longer ago than thirty days and cannot be taken back any more."),
    "reason.short": _l("Give a reason of at least %(minimum)s characters."),
    "deal.unreadable": _l("The deal stands in a stage that its pipeline does not have."),
    "deal.refused": _l("You may not change this deal."),
    "handover.successor_missing": _l("Choose who takes over."),
    "handover.successor_unfit": _l("This person cannot take deals over."),
    "recusal.person_missing": _l("Choose who is recused."),
    "recusal.reason_missing": _l("Say why: this stands in the deal's history."),
    "recusal.already": _l("%(name)s is recused of this deal already."),
    "recusal.owner": _l("%(name)s owns this deal: hand it over to somebody else first."),
    "recusal.on_team": _l("%(name)s is on this deal's team: take them off it first."),
    "recusal.not_for_team": _l("Recused of this deal and so not for its team: %(names)s."),
    "handover.recused": _l("%(name)s is recused of this deal: choose somebody else for it."),
    "trl.range": _l("The technology readiness level goes from 1 to 9."),
    "stage.unknown": _l("There is no stage “%(value)s”."),
    "stage.none_called": _l("There is no stage “%(value)s”. There are: %(known)s."),
    "move.no_right": _l("“%(value)s” is for others to do, such as a partner with a reason."),
    "move.not_allowed": _l("The pipeline does not allow this move."),
    "move.no_way_back": _l(
        "The pipeline has no move that takes the deal up again where it stands."
    ),
    "cohort.unknown": _l("There is no time “%(value)s”: choose one from the list."),
    "move.reason_missing": _l("This move needs a reason."),
    "move.main_reason_missing": _l("Choose the main reason."),
    "move.words_missing": _l("Say why in at least %(minimum)s characters."),
    "move.reason_unknown": _l("There is no reason code “%(value)s”."),
    "move.reason_unfit": _l("“%(value)s” is no reason for this move."),
    "move.revisit_missing": _l("Say when to look at the deal again."),
    "move.revisit_past": _l("The day to look at it again must lie ahead."),
    "move.revisit_late": _l("Look at it again within %(days)s days."),
    "move.evidence_missing": _l("Reopening needs new evidence: a text, a link or a file."),
    "move.unshown": _l(
        "The conditions shown were those of another stage. See what is open before %(stage)s, and "
        "confirm again."
    ),
    "gate.missing": _l("%(count)s conditions are still open: %(names)s"),
    "check.unknown": _l("There is no checklist item “%(value)s”."),
    "check.state": _l("“%(item)s” cannot be put in this state."),
    "check.link": _l("The link of “%(item)s” must begin with https:// or http://."),
    "check.no_proof": _l("“%(item)s” needs a file, a link or a note as proof."),
    "check.no_reason": _l("Say in the note why “%(item)s” is not applicable or waived."),
    "check.no_right": _l("Only a partner waives “%(item)s”."),
    "check.same_person": _l("“%(item)s” is verified by somebody other than who did it."),
    "check.nothing_to_verify": _l("“%(item)s” is not done yet, so there is nothing to verify."),
    "answer.malformed": _l("“%(value)s” is not of the form KEY=VALUE."),
    "draft.faulty": _l("%(count)s places are still wrong: mend them first."),
    "draft.gone": _l("Somebody published or discarded the draft meanwhile."),
    "draft.overtaken": _l(
        "Version %(number)s came in force after this draft was begun: look at what it changed."
    ),
    "draft.same": _l("The draft says what is in force already."),
    "draft.key_form": _l(
        "“%(value)s” is no key: small letters, digits, underscores, at most %(most)s, a letter first."
    ),
    "draft.key_taken": _l("There is a pipeline “%(value)s” already, or a draft of one."),
    "carry.all_moved": _l(
        "Something happened to every one of these deals since, so they stay: %(names)s."
    ),
    "carry.some_moved": _l(
        "Taken back, but for deals to which something happened since; these stay: %(names)s."
    ),
    "carry.changed": _l("Deals were moved since you opened this page. This is how it is now."),
    "carry.not_in_force": _l("Another version is in force by now."),
    "carry.stuck": _l("Deals that rest in “%(value)s” could never go on under this version."),
    "carry.unmapped": _l("Say where deals in “%(value)s” go: the new version has no such stage."),
}

# What a sentence names that is the same in each of them.
STANDING: Mapping[str, Mapping[str, str]] = {
    "money.too_large": {"most": f"{MOST_FEN // FEN_PER_YUAN:,}"},
    "number.too_large": {"most": f"{MOST_MICRO // MICRO:,}"},
}


def text_of(error: InputError) -> str:
    """The sentence for an error, with its values filled in."""
    return sentence(error.code, **error.params)


def texts_of(errors: Mapping[str, Sequence[InputError]]) -> dict[str, str]:
    """The sentences of each key, one after the other."""
    return {key: " ".join(map(text_of, found)) for key, found in errors.items()}


def sentence(code: str, **params: object) -> str:
    """The sentence for a code, with its values filled in."""
    template = str(MESSAGES[code])
    params = {**STANDING.get(code, {}), **params}
    if not params:
        return template
    words = {
        name: titled(value, language())
        if hasattr(value, "zh") or isinstance(value, Mapping)
        else value
        for name, value in params.items()
    }
    return template % words
