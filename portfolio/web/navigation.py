"""Where the top bar and the person's menu lead; an entry shows to whom its permission is given."""

from typing import Any

from flask_babel import lazy_gettext as _l

NAVIGATION = (
    ("", "/", _l("My desk")),
    ("deal.read", "/board", _l("Board")),
    ("deal.read", "/deals", _l("Deals")),
    ("deal.read", "/funnel", _l("Funnel")),
    ("company.read", "/companies", _l("Companies")),
    ("committee.read", "/committee", _l("Committee")),
    ("", "/meetings", _l("Meetings")),
    ("company.read", "/readiness", _l("Readiness")),
    ("company.read", "/chokepoints", _l("Chokepoints")),
    ("", "/digests", _l("Digests")),
)
MENU = (
    ("", "/agenda", _l("My calendar")),
    ("company.write", "/acts", _l("Take back")),
    ("company.read", "/bin", _l("Bin")),
    ("import", "/imports", _l("Imports")),
    ("audit.read", "/audit", _l("Audit trail")),
    ("people.manage", "/settings", _l("Settings")),
    ("settings.manage", "/settings/vehicles", _l("Funds and vehicles")),
    ("settings.pipelines", "/settings/pipelines", _l("Pipelines")),
    ("settings.manage", "/settings/holidays", _l("Working days")),
    ("settings.manage", "/settings/robots", _l("Chat robots")),
    ("settings.taxonomy", "/settings/taxonomy", _l("Taxonomy")),
    ("deal.write", "/handover", _l("Hand over my work")),
    ("", "/sessions", _l("My sessions")),
)
PREFERENCES = (
    ("/language", "locale", "zh", "中文"),
    ("/language", "locale", "en", "English"),
    ("/theme", "theme", "light", _l("Light")),
    ("/theme", "theme", "dark", _l("Dark")),
    ("/theme", "theme", "", _l("As the system")),
)


def template_globals() -> dict[str, Any]:
    """What the base template asks for."""
    return {"navigation": NAVIGATION, "menu": MENU, "preferences": PREFERENCES}
