"""What each error code of the pure parts is called in the reader's language."""

from flask_babel import lazy_gettext as _l

from portfolio.kernel.errors import InputError

MESSAGES = {
    "password.short": _l("The password needs at least %(minimum)s characters."),
    "password.long": _l("The password may have at most %(maximum)s characters."),
    "password.common": _l("This password is one of those guessed first. Choose another."),
    "password.context": _l("Apart from names everybody here knows, the password is too short."),
    "login.throttled": _l("Too many attempts. Try again in %(minutes)s minutes."),
    "link.invalid": _l("This link has been used or has expired. Ask for a new one."),
    "email.malformed": _l("“%(value)s” is no e-mail address."),
    "email.taken": _l("There is an account with the address %(value)s already."),
    "role.unknown": _l("There is no role “%(value)s”."),
    "field.unknown": _l("There is no field “%(value)s”."),
    "name.missing": _l("A name is needed."),
    "title.missing": _l("A title is needed."),
    "text.missing": _l("Write what happened."),
    "file.empty": _l("The file is empty."),
    "record.conflict": _l("Somebody else has saved this record since you opened it."),
    "date.malformed": _l("“%(value)s” is no date. Write it as 2026-03-31."),
    "date.impossible": _l("There is no such day: %(value)s."),
    "money.malformed": _l("“%(value)s” is no amount. Write 800万, 1.2亿 or 1,200."),
    "money.negative": _l("The amount may not be negative: %(value)s."),
    "money.below_fen": _l("The amount has parts of a fen: %(value)s."),
    "money.too_large": _l("The amount is too large: %(value)s."),
    "number.malformed": _l("“%(value)s” is no number."),
    "number.too_fine": _l("The number has more than six decimals: %(value)s."),
    "number.too_large": _l("The number is too large: %(value)s."),
    "figure.negative": _l("This is below zero. Is that right?"),
    "figure.part_exceeds_whole": _l("This is more than the whole it is a part of. Is that right?"),
    "flag.unknown": _l("“%(value)s” is neither yes nor no."),
    "option.unknown": _l("“%(value)s” is not one of the options."),
    "metric.unknown": _l("There is no figure called “%(value)s”."),
    "uscc.length": _l("A credit code has 18 characters; this one has %(length)s."),
    "uscc.character": _l("A credit code never holds the character “%(value)s”."),
    "uscc.check_digit": _l(
        "The check digit of %(value)s is wrong: the last character should be %(expected)s."
    ),
    "stock_code.malformed": _l("“%(value)s” is no stock code: it has six digits."),
    "uscc.taken": _l("Another company has the credit code %(value)s."),
    "stock_code.taken": _l("Another company has the stock code %(value)s."),
    "deal.one_target": _l("A deal is about one company or one sub-fund."),
    "deal.refused": _l("You may not change this deal."),
    "trl.range": _l("The technology readiness level goes from 1 to 9."),
    "stage.unknown": _l("There is no stage “%(value)s”."),
    "move.not_allowed": _l("The pipeline does not allow this move."),
    "move.reason_missing": _l("This move needs a reason."),
    "move.reason_unknown": _l("There is no reason code “%(value)s”."),
    "move.revisit_missing": _l("Say when to look at the deal again."),
    "move.revisit_past": _l("The day to look at it again must lie ahead."),
    "move.revisit_late": _l("Look at it again within %(days)s days."),
}


def text_of(error: InputError) -> str:
    """The sentence for an error, with its values filled in."""
    template = str(MESSAGES[error.code])
    return template % error.params if error.params else template
