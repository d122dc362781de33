"""Sentences about definitions of pipelines, and about what hangs on their parts."""

from flask_babel import lazy_gettext as _l

MESSAGES = {
    "definition.missing": _l("%(key)s is missing."),
    "definition.twice": _l("%(key)s: the key “%(value)s” is there twice."),
    "definition.value": _l("%(key)s cannot be “%(value)s”."),
    "definition.range": _l(
        "%(key)s must be a whole number from %(least)s to %(most)s, which “%(value)s” is not."
    ),
    "definition.warn_early": _l("%(key)s may not be less than the target days (%(value)s)."),
    "definition.nothing_chosen": _l("%(key)s: choose at least one."),
    "definition.key_form": _l(
        "%(key)s: “%(value)s” is no key: small letters, digits and underscores, a letter first."
    ),
    "definition.reserved": _l("%(key)s: “%(value)s” has a meaning of its own: choose another key."),
    "definition.stage_elsewhere": _l(
        "%(key)s: another pipeline has a stage “%(value)s”: lists could not tell them apart."
    ),
    "definition.no_stages": _l("A pipeline needs at least one stage."),
    "definition.unknown_stage": _l("%(key)s names the stage “%(value)s”, which does not exist."),
    "definition.unknown_status": _l("%(key)s names the status “%(value)s”, which does not exist."),
    "definition.unknown_field": _l("%(key)s asks for the field “%(value)s”, which does not exist."),
    "definition.unknown_item": _l("%(key)s asks for the item “%(value)s”, which no list has."),
    "definition.unknown_checklist": _l("%(key)s names the list “%(value)s”, which does not exist."),
    "definition.unknown_need": _l("%(key)s: nothing can be needed that is called “%(value)s”."),
    "definition.unknown_key": _l("%(key)s means nothing."),
    "definition.unknown_permission": _l("%(key)s: there is no right called “%(value)s”."),
    "definition.never_met": _l("%(key)s can never be met (%(value)s)."),
    "definition.no_reason": _l("%(key)s asks for a reason, and there is none of its kinds."),
    "definition.no_way_back": _l("%(key)s: a deal on hold in “%(value)s” could never come back."),
    "definition.unreachable": _l("No move leads to the stage “%(value)s”."),
    "hangs.deals": _l(
        "Open deals in it: %(count)s. They keep the version they go by; to be carried over they "
        "need another stage."
    ),
    "hangs.conditions": _l("Conditions that go with it: %(names)s."),
    "hangs.items": _l("Items that go with it: %(names)s."),
    "hangs.moves": _l("Moves that name it: %(names)s."),
    "hangs.lists": _l("Checklists that belong to it: %(names)s."),
    "hangs.asked": _l("Conditions that ask for it: %(names)s."),
    "hangs.late_from": _l("From it on partners alone delete deals."),
    "hangs.reasons": _l(
        "Reasons of its kind that remain: %(count)s. What was done for it keeps its title."
    ),
    "hangs.done": _l("What was done by it keeps its title."),
    "hangs.stage": _l("Deals are no longer asked for it before “%(names)s”."),
    "hangs.answers": _l("What was answered to it stays in the trail and is shown no more."),
}
