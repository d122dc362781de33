"""Pages of robots: which group chats get digests, by which webhook, and how that went."""

import datetime as dt
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.wrappers import Response

from portfolio.digest import robot_operations, robot_queries, robots, states
from portfolio.digest.models import DigestMessage
from portfolio.digest.robot_forms import NewRobotForm, RobotForm
from portfolio.digest.robot_models import ChatRobot
from portfolio.digest.states import Outcome
from portfolio.digest.wording_views import issue_of
from portfolio.extensions import db
from portfolio.kernel.errors import InputError
from portfolio.people import access
from portfolio.people.policy import ROLES
from portfolio.web.messages import text_of

blueprint = Blueprint("robots", __name__)

Answer = str | Response | tuple[str, int]
STATES = {state.value: state for state in states.MessageState}
REASONS = {reason.value: reason for reason in states.Reason}


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def _robot_or_404(robot_id: int) -> ChatRobot:
    return db.session.get(ChatRobot, robot_id) or abort(404)


@blueprint.get("/settings/robots")
@access.permit("settings.manage")
def index() -> str:
    """All robots, with the last message of each."""
    found = robot_queries.robots()
    return render_template(
        "digest/robots.html",
        robots=found,
        platforms=robots.PLATFORMS,
        roles=ROLES,
        issue=issue_of,
        last=robot_queries.last_messages({robot.user_id for robot in found}),
        states=STATES,
    )


@blueprint.route("/settings/robots/new", methods=["GET", "POST"])
@access.permit("settings.manage")
def new() -> Answer:
    """Enter a robot."""
    form = NewRobotForm()
    del form.unsigned
    if not form.is_submitted():
        return _page(form)
    if form.validate():
        try:
            with access.writing("robot.enter"):
                robot = robot_operations.enter(form.wanted(), _now())
        except InputError as error:
            form.place(error.code, text_of(error))
        else:
            flash(_("%(name)s is entered. Send a trial message now.", name=robot.user.name))
            return redirect(url_for("robots.show", robot_id=robot.id))
    return _page(form), 422


@blueprint.route("/settings/robots/<int:robot_id>", methods=["GET", "POST"])
@access.permit("settings.manage")
def show(robot_id: int) -> Answer:
    """One robot: change it, try it, see what it sent."""
    robot = _robot_or_404(robot_id)
    form = _form_of(robot)
    if not form.is_submitted():
        return _page(form, robot)
    if not form.validate():
        return _page(form, robot), 422
    try:
        with access.writing("robot.change"):
            robot_operations.change(robot, form.wanted(), form.version.seen)
    except (InputError, StaleDataError) as error:
        found = error if isinstance(error, InputError) else InputError("record.conflict")
        robot = _robot_or_404(robot_id)
        form.place(found.code, text_of(found))
        if found.code != "record.conflict":
            return _page(form, robot), 422
        form.version.data = robot.version  # seen beside, and so to be saved over
        return _page(form, robot), 409
    flash(_("Saved."))
    return redirect(url_for("robots.show", robot_id=robot.id))


def _form_of(robot: ChatRobot) -> RobotForm:
    form = RobotForm(
        data={
            "name": robot.user.name,
            "role": next(iter(robot.user.roles), ""),
            "locale": robot.user.locale,
            "version": robot.version,
        }
    )
    if not robot.secret_sealed:
        del form.unsigned
    return form


def _page(form: RobotForm, robot: ChatRobot | None = None, **more: Any) -> str:
    return render_template(
        "digest/robot.html",
        form=form,
        robot=robot,
        platforms=robots.PLATFORMS,
        messages=robot_queries.messages_of(robot) if robot else [],
        said=_said,
        states=STATES,
        reasons=REASONS,
        issue=issue_of,
        **more,
    )


def _said(robot: ChatRobot, message: DigestMessage) -> Any:
    """What the code of a message's last answer means, where the platform documents it."""
    if message.last_code is None:
        return None
    return robots.PLATFORMS[robot.platform].codes.get(message.last_code)


@blueprint.post("/settings/robots/<int:robot_id>/trial")
@access.permit("settings.manage")
def trial(robot_id: int) -> Answer:
    """Send a trial message and show what the server answered."""
    robot = _robot_or_404(robot_id)
    outcome = robot_operations.tried(robot)
    with access.writing("robot.try"):
        robot_operations.note_trial(robot, outcome)
    return _page(_form_of(robot), robot, outcome=outcome, meaning=_meaning(robot, outcome))


def _meaning(robot: ChatRobot, outcome: Outcome) -> Any:
    known = robots.PLATFORMS[robot.platform].codes.get(outcome.code or 0)
    return known or outcome.verdict


@blueprint.post("/settings/robots/<int:robot_id>/off")
@access.permit("settings.manage")
def switch_off(robot_id: int) -> Response:
    """Let a robot say no more."""
    return _switched(robot_id, False)


@blueprint.post("/settings/robots/<int:robot_id>/on")
@access.permit("settings.manage")
def switch_on(robot_id: int) -> Response:
    """Let a robot speak again."""
    return _switched(robot_id, True)


def _switched(robot_id: int, on: bool) -> Response:
    robot = _robot_or_404(robot_id)
    with access.writing("robot.on" if on else "robot.off"):
        robot_operations.switch(robot, on)
    words = _("%(name)s is on.") if on else _("%(name)s is off: it gets nothing until it is on.")
    flash(words % {"name": robot.user.name})
    return redirect(url_for("robots.show", robot_id=robot.id))
