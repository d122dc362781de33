"""Sentences about the taxonomy, and about claims of technologies and their evidence."""

from flask_babel import lazy_gettext as _l

MESSAGES = {
    "taxonomy.carried": _l(
        "%(count)s companies carry “%(value)s”, which would be unknown: merge it into another one first."
    ),
    "taxonomy.domain_unknown": _l("Choose a domain."),
    "taxonomy.draft_there": _l("There is a draft already: publish or discard it first."),
    "taxonomy.excludes_itself": _l(
        "“%(value)s” is a word of the technology: it would exclude itself."
    ),
    "taxonomy.failed": _l("It could not be published and nothing has changed. Try once more."),
    "taxonomy.faulty": _l("%(count)s changes no longer fit: take them out first."),
    "taxonomy.gone": _l("There is no technology “%(value)s” in use."),
    "taxonomy.id_form": _l(
        "“%(value)s” is no id: small letters, digits and hyphens, a letter first, 2 to 40 of them."
    ),
    "taxonomy.id_taken": _l("There is “%(value)s” already."),
    "taxonomy.list_unknown": _l("There is no source list “%(value)s”."),
    "taxonomy.merge_itself": _l("Choose another technology to merge into."),
    "taxonomy.name_long": _l("A name has at most %(most)s characters."),
    "taxonomy.name_missing": _l("A name is needed."),
    "taxonomy.name_twice": _l("“%(value)s” is the name of %(other)s already."),
    "taxonomy.not_retired": _l("“%(value)s” is not retired."),
    "taxonomy.note_empty": _l("Say how far it is made at home, in words or as a share."),
    "taxonomy.note_long": _l("The note has at most %(most)s characters."),
    "taxonomy.note_share": _l("The share is from 0 to 100 percent."),
    "taxonomy.note_source": _l("Name the source."),
    "taxonomy.note_year": _l("Name the year."),
    "taxonomy.overtaken": _l(
        "Edition %(number)s came in force after this draft was begun: look at what it changed."
    ),
    "taxonomy.publishing": _l("The draft is being published: wait until that has ended."),
    "taxonomy.round": _l("“%(value)s” leads to this technology: ids would go round in a circle."),
    "taxonomy.same": _l("Nothing is different."),
    "taxonomy.split_one": _l("A split needs at least two parts with different ids."),
    "taxonomy.unseen": _l(
        "The draft is not the one of which you saw the preview: look at it again."
    ),
    "taxonomy.word_empty": _l("“%(value)s” has no character that is read."),
    "taxonomy.word_long": _l("“%(value)s…” is longer than %(most)s characters."),
    "taxonomy.word_twice": _l("“%(value)s” is there twice."),
    "taxonomy.words_many": _l("More than %(most)s words."),
    "taxonomy.unfit": _l("The taxonomy says otherwise of “%(value)s” by now."),
    "technology.unknown": _l("Choose a technology of the taxonomy."),
    "evidence.level": _l("“%(value)s” is no evidence level: E0 to E4."),
    "evidence.missing": _l("Say what the claim rests on: a text, a link, a patent number."),
    "evidence.kind": _l("%(level)s (%(title)s) needs another kind of evidence: %(wanted)s."),
    "evidence.issuer": _l("From %(level)s on say who gave the evidence."),
    "evidence.day": _l("From %(level)s on say of which day the evidence is."),
    "evidence.future": _l("That day has not come yet."),
    "evidence.link": _l("Enter the link; it begins with https:// or http://."),
    "evidence.document": _l("Choose a document of the company."),
    "evidence.gone": _l("This evidence was withdrawn already."),
    "evidence.last": _l("Nothing would be left to show the claim: reject the claim itself."),
    "patent.malformed": _l("“%(value)s” is no patent number such as ZL202310123456.7."),
    "level.none": _l("Enter a piece of evidence first: a level is what the evidence supports."),
    "level.unsupported": _l(
        "%(level)s (%(title)s) is not supported: the evidence reaches %(supported)s."
    ),
    "claim.missing": _l("A claim cannot be without this."),
    "claim.missing_from": _l("From %(level)s on a claim cannot be without this."),
    "claim.counter_again": _l("Say what was looked for this time, and what was found."),
    "recheck.past": _l("Choose a day to come."),
    "recheck.late": _l("At most %(months)s months on: %(latest)s at the latest."),
    "share.range": _l("A share is between 0 and 100."),
    "share.over_whole": _l("Foreign and domestic share are more than the whole together."),
    "share.year": _l("Say of which year the share is, between %(least)s and %(most)s."),
    "share.source": _l("Say where the share comes from."),
    "incumbent.name": _l("Name the incumbent."),
    "incumbent.row": _l("Row %(number)s: %(words)s"),
    "incumbent.many": _l("At most %(most)s incumbents."),
    "tag.decided": _l("Somebody has decided on this suggestion already."),
    "review.decided": _l("%(name)s has decided on it meanwhile (%(at)s): %(state)s."),
    "review.withdrawn": _l(
        "Its text changed and claims it no longer: the suggestion is withdrawn."
    ),
    "review.anew": _l("It was suggested anew meanwhile and waits again."),
    "review.nothing": _l("Nothing of today is left to take back."),
    "reader.none": _l("This claim waits for no second reader."),
    "reader.same": _l("The second reader is another person than the first."),
    "suggest.line": _l("Line %(row)s is not a JSON object with an id and a text."),
}
