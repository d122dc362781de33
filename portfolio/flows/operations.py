"""What is done with drafts of pipelines: begun, edited, discarded, published."""

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any

from portfolio.audit import operations as audit
from portfolio.extensions import db, serialise
from portfolio.flows import drafts, queries
from portfolio.flows.changes import as_audited, compare
from portfolio.flows.models import PipelineDraft
from portfolio.kernel.errors import InputError
from portfolio.people.models import User
from portfolio.people.policy import PERMISSIONS
from portfolio.pipeline.faults import KEY
from portfolio.pipeline.models import PipelineVersion
from portfolio.pipeline.queries import current_pipeline

LONGEST_KEY = 20


class Faulty(InputError):
    """A draft with faults cannot be published."""

    def __init__(self, count: int) -> None:
        super().__init__("draft.faulty", count=count)


class DraftConflict(InputError):
    """Somebody else has saved the draft since it was opened, or published or discarded it."""

    def __init__(self, code: str = "record.conflict") -> None:
        super().__init__(code)


class Overtaken(InputError):
    """Another version came in force since the draft was begun: one must see it first."""

    def __init__(self, version: PipelineVersion) -> None:
        super().__init__("draft.overtaken", number=version.version)


def begin(version: PipelineVersion, actor: User, now: dt.datetime) -> PipelineDraft:
    """The draft of a pipeline's next version: the one there is, else one like what is in force."""
    known = queries.drafts().get(version.key)
    if known is not None:
        return known
    draft = drafts.started(json.loads(version.definition))
    return _added(version.key, draft, version.id, actor, now)


def begin_new(
    key: str,
    zh: str,
    en: str,
    target: str,
    like: PipelineVersion | None,
    actor: User,
    now: dt.datetime,
) -> PipelineDraft:
    """A draft of a pipeline that is none yet, empty or like another one.

    Raises InputError `draft.key_form` or `draft.key_taken`.
    """
    if not KEY.fullmatch(key) or len(key) > LONGEST_KEY:
        raise InputError("draft.key_form", value=key, most=LONGEST_KEY)
    if queries.versions(key) or key in queries.drafts():
        raise InputError("draft.key_taken", value=key)
    draft = (
        drafts.copied(json.loads(like.definition), key, zh, en)
        if like
        else drafts.empty(key, zh, en, target)
    )
    return _added(key, draft, None, actor, now)


def _added(
    key: str, draft: dict[str, Any], based_on_id: int | None, actor: User, now: dt.datetime
) -> PipelineDraft:
    row = PipelineDraft(
        key=key,
        based_on_id=based_on_id,
        definition=json.dumps(draft, ensure_ascii=False),
        created_at=now,
        created_by_id=actor.id,
        updated_at=now,
        updated_by_id=actor.id,
    )
    db.session.add(row)
    db.session.flush()
    return row


def save(
    row: PipelineDraft,
    draft: Mapping[str, Any],
    part: str,
    expected_version: int | None,
    actor: User,
    now: dt.datetime,
) -> None:
    """Keep a draft as typed, faults and all. Raises DraftConflict."""
    check_version(row, expected_version)
    row.definition = json.dumps(draft, ensure_ascii=False)
    row.updated_at, row.updated_by_id = now, actor.id
    said = {"part": part} if part else {}
    audit.record(audit.Entry("pipeline.draft", "pipeline_draft", row.id, after=said))
    db.session.flush()


def check_version(row: PipelineDraft, expected: int | None) -> None:
    """Raise DraftConflict unless the draft is the one that was opened."""
    if expected != row.version:
        raise DraftConflict


def newer_than(row: PipelineDraft) -> PipelineVersion | None:
    """The version in force, where that is not the one on which the draft stands."""
    current = current_pipeline(row.key)
    return current if current is not None and current.id != row.based_on_id else None


def put_on(
    row: PipelineDraft,
    expected_version: int | None,
    version_id: int | None,
    anew: bool,
    actor: User,
    now: dt.datetime,
) -> None:
    """Let a draft stand on the version that overtook it, begun anew from that one or as it is.

    `version_id` is the version that the person was shown. Raises DraftConflict, or Overtaken when
    yet another one is in force.
    """
    row = _locked(row, expected_version)
    current = newer_than(row)
    if current is None:
        raise DraftConflict
    if current.id != version_id:
        raise Overtaken(current)
    row.based_on_id = current.id
    if anew:
        draft = drafts.started(json.loads(current.definition))
        row.definition = json.dumps(draft, ensure_ascii=False)
    row.updated_at, row.updated_by_id = now, actor.id
    db.session.flush()


def _locked(row: PipelineDraft, expected_version: int | None) -> PipelineDraft:
    """The draft as it is while nobody else publishes its pipeline. Raises DraftConflict."""
    key, draft_id = row.key, row.id
    serialise(f"pipeline:{key}")
    found = db.session.get(PipelineDraft, draft_id, populate_existing=True)
    if found is None:
        raise DraftConflict("draft.gone")
    check_version(found, expected_version)
    return found


def discard(row: PipelineDraft, expected_version: int | None) -> None:
    """Forget a draft; what is in force stays. Raises DraftConflict."""
    check_version(row, expected_version)
    db.session.delete(row)
    db.session.flush()


def faults_of(row: PipelineDraft) -> Any:
    """Every fault of a draft with its place."""
    taken = queries.elsewhere(row.key)
    return drafts.faults_of(json.loads(row.definition), PERMISSIONS, taken)


def publish(
    row: PipelineDraft,
    expected_version: int | None,
    actor: User,
    now: dt.datetime,
) -> PipelineVersion:
    """Put a draft in force as the pipeline's next version: new deals begin in it.

    Raises DraftConflict, Overtaken, Faulty, or InputError `draft.same`.
    """
    row = _locked(row, expected_version)
    if (newer := newer_than(row)) is not None:
        raise Overtaken(newer)
    if found := faults_of(row):
        raise Faulty(len(found))
    earlier = [json.loads(version.definition) for version in queries.versions(row.key)]
    draft = json.loads(row.definition)
    number = 1 + max((int(definition["version"]) for definition in earlier), default=0)
    definition = drafts.definition_of(draft, number, earlier)
    version = _in_force(row, definition, actor, now)
    db.session.delete(row)
    db.session.flush()
    return version


def _in_force(
    row: PipelineDraft, definition: dict[str, Any], actor: User, now: dt.datetime
) -> PipelineVersion:
    before = current_pipeline(row.key)
    old: dict[str, Any] = json.loads(before.definition) if before else {"stage": [], "moves": {}}
    changes = compare(old, definition)
    if before is not None and not changes:
        raise InputError("draft.same")
    if before is not None:
        before.current = False
        db.session.flush()
    version = PipelineVersion(
        key=row.key,
        version=definition["version"],
        definition=json.dumps(definition, ensure_ascii=False),
        current=True,
        published_at=now,
        published_by_id=actor.id,
    )
    db.session.add(version)
    db.session.flush()
    was, became = as_audited(changes)
    audit.record(audit.Entry("pipeline.publish", "pipeline", version.id, was, became))
    return version
