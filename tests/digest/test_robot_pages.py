"""Robots of group chats: entered, tried, switched off; what a group gets, and what it never sees."""

import datetime as dt
import json
from collections.abc import Callable

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from portfolio.audit.models import AuditEntry
from portfolio.digest import jobs, robot_delivery, robot_operations, robot_queries
from portfolio.digest.models import DigestMessage
from portfolio.digest.robot_models import ChatRobot
from portfolio.digest.robot_operations import Wanted
from portfolio.digest.states import Verdict
from portfolio.extensions import db, unit_of_work
from portfolio.kernel.dates import SHANGHAI
from portfolio.people.models import User, UserRole
from portfolio.pipeline import operations as pipeline
from tests import factories
from tests.servers import ChatServer

BEFORE = dt.datetime(2026, 11, 28, 3, 0, tzinfo=dt.UTC)
MONDAY = dt.datetime(2026, 11, 30, 8, 30, tzinfo=SHANGHAI)
PAGE = "/settings/robots"
TOKEN, SECRET = "robot-token-0001", "SECsecret0002"
FORM = {"name": "投资一部群", "role": "reader", "locale": "zh", "secret": ""}
As = Callable[[str], FlaskClient]


def entered(address: str, **more: str) -> ChatRobot:
    with unit_of_work("robot.enter"):
        wanted = {"name": "投资一部群", "role": "reader", "locale": "zh"} | more
        return robot_operations.enter(Wanted(address=address, **wanted), factories.NOW)


def work(moment: dt.datetime = MONDAY) -> jobs.Report:
    return jobs.run_once(jobs.clock_from(moment))


def messages() -> dict[str, DigestMessage]:
    db.session.rollback()
    rows = db.session.query(DigestMessage).join(DigestMessage.recipient).filter_by(kind="robot")
    return {db.session.get_one(User, row.recipient_id).name: row for row in rows}


def test_a_robot_is_entered_tried_changed_and_its_secrets_are_never_shown(
    app: Flask, cast: dict[str, User], as_user: As, chat: ChatServer
) -> None:
    admin = as_user("admin")
    assert "尚无机器人" in admin.get(PAGE).text
    empty = admin.post(f"{PAGE}/new", data={"role": "reader", "locale": "zh"})
    assert empty.status_code == 422 and 'id="name-err"' in empty.text
    assert 'id="address-err"' in empty.text, "all that is missing is said at once"
    chat.order(secrets={"feishu": SECRET})
    sent = FORM | {"address": chat.address("feishu"), "secret": SECRET}
    answer = admin.post(f"{PAGE}/new", data=sent, follow_redirects=True)
    assert answer.status_code == 200 and "投资一部群" in answer.text
    (robot,) = robot_queries.robots()
    page = f"{PAGE}/{robot.id}"
    tried = admin.post(f"{page}/trial").text
    assert "已接收" in tried and "投资一部群" in chat.accepted()[0]["words"]
    # Nothing typed leaves all as it is; a wrong secret is what the platform says it is.
    version = {"version": str(robot.version)}
    admin.post(page, data=FORM | version | {"address": ""})
    assert "已接收" in admin.post(f"{page}/trial").text
    db.session.expire_all()
    version = {"version": str(robot.version)}
    changed = FORM | version | {"address": "", "secret": "another-secret", "name": "二部群"}
    admin.post(page, data=changed)
    refused = admin.post(f"{page}/trial").text
    assert "未接收" in refused and "签名不匹配" in refused and "19021" in refused
    assert admin.post(page, data=changed).status_code == 409, "an older version"
    db.session.expire_all()
    admin.post(page, data=FORM | {"version": str(robot.version), "address": "", "unsigned": "y"})
    assert "签名不匹配" in admin.post(f"{page}/trial").text and not robot.secret_sealed
    chat.stop()
    assert "连接失败" in admin.post(f"{page}/trial").text
    shown = [admin.get(path).text for path in (PAGE, page, "/audit")]
    kept = [str(value) for value in robot.__dict__.values()]
    trail = db.session.execute(sa.select(AuditEntry.before, AuditEntry.after)).all()
    for secret in (TOKEN, SECRET, "another-secret"):
        for text in (*shown, *kept, *map(str, trail)):
            assert secret not in text, "no page, no row and no entry of the trail tells it"
    assert "····0001" in shown[0] and "0001" in str(trail)
    assert as_user("partner").get(PAGE).status_code == 403


def test_what_is_wrong_stands_at_its_field_and_what_was_typed_stays(
    app: Flask, cast: dict[str, User], as_user: As, chat: ChatServer
) -> None:
    entered(chat.address("wecom"))
    admin = as_user("admin")
    for more, field, words in (
        ({"address": ""}, "address", "请粘贴 Webhook 地址"),
        ({"address": "http://open.feishu.cn/x"}, "address", "https://"),
        ({"address": "https://evil.example/robot/send"}, "address", "不允许“evil.example”"),
        ({"address": "https://open.feishu.cn/open-apis/im"}, "address", "地址不完整"),
        ({"address": chat.address("wecom")}, "address", "已使用此地址"),
        ({"address": chat.address("wecom", "2"), "secret": SECRET}, "secret", "没有签名密钥"),
        ({"address": chat.address("feishu"), "secret": "短"}, "secret", "8 至 200"),
        ({"name": ""}, "name", "请填写群名称"),
        ({"role": "admin"}, "role", ""),
    ):
        answer = admin.post(f"{PAGE}/new", data=FORM | {"address": chat.address("feishu")} | more)
        assert answer.status_code == 422 and f'id="{field}-err"' in answer.text, (
            more,
            answer.text[answer.text.index("errsum") :][:500],
        )
        assert words in answer.text, answer.text[answer.text.index("-err") :][:400]
        assert "投资一部群" in answer.text or not more.get("name", "x")
    assert len(robot_queries.robots()) == 1


def test_a_robot_is_nobody(app: Flask, cast: dict[str, User], as_user: As) -> None:
    app.config["ROBOT_TEST_HOSTS"] = ("127.0.0.1:1",)
    robot = entered("http://127.0.0.1:1/robot/send?access_token=robot-token-0001", role="partner")
    admin, partner = as_user("admin"), as_user("partner")
    assert "投资一部群" not in admin.get("/settings").text
    for act in ("link", "closure", "roles"):
        path = f"/settings/people/{robot.user_id}/{act}"
        assert admin.post(path, data={"roles": "admin"}).status_code == 404
    for path in ("/deals/new", "/deals", "/settings"):
        assert "投资一部群" not in partner.get(path).text, path
    with unit_of_work("seed"):
        robot.user.password_hash = cast["admin"].password_hash = (
            robot_operations.people.HASHER.hash("x")
        )
    sent = {"email": robot.user.email, "password": "x"}
    assert app.test_client().post("/login", data=sent).status_code == 422
    sent["email"] = cast["admin"].email
    assert app.test_client().post("/login", data=sent).status_code == 302
    assert robot.user.roles == {"partner"}


def test_a_group_gets_the_digest_of_its_role_without_walled_deals_markup_or_farewell_link(
    app: Flask, cast: dict[str, User], as_user: As, chat: ChatServer
) -> None:
    manager = cast["manager"]
    for name in ("[澄光](http://evil.example)", "<@all> 海岳", "**北辰** &lt;@all&gt;"):
        deal = factories.deal(manager, BEFORE, name=name, terms={"amount_fen": 80000000000})
        factories.advance(deal, manager, now=BEFORE)
    walled = factories.deal(manager, BEFORE, name="金丝雀保密项目", walled=True)
    chat.order(secrets={"feishu": SECRET, "dingtalk": SECRET})
    entered(chat.address("wecom"), name="微信群")
    entered(chat.address("feishu"), name="飞书群", secret=SECRET, locale="en")
    entered(chat.address("dingtalk"), name="钉钉群", secret=SECRET, role="partner")
    assert work().as_dict()["sent"] == len(cast) + 3
    assert not chat.refused() and {m.state for m in messages().values()} == {"sent"}
    taken = {line["platform"]: line for line in chat.accepted()}
    assert len(chat.accepted()) == len(taken) == 3
    for line in taken.values():
        said = json.dumps(line["body"], ensure_ascii=False)
        assert "澄光" in said and "海岳" in said and "北辰" in said
        assert "金丝雀" not in said and f"/deals/{walled.id}" not in said
        assert "](http://evil" not in said and '"href":"http://evil' not in said.replace(" ", "")
        assert "<@all>" not in said and "&lt;" not in said and "**北辰" not in said
        assert "unsubscribe" not in said and "http://127.0.0.1:5000/deals/" in said
    assert "8亿" not in taken["wecom"]["words"] and "8亿" not in taken["feishu"]["words"]
    assert "在办项目分布" in taken["dingtalk"]["words"], "what partners get"
    assert "在办项目分布" not in taken["wecom"]["words"], "and readers do not"
    assert "阶段" not in taken["feishu"]["words"] and "Kawei weekly" in taken["feishu"]["words"]
    assert work().idle and work(MONDAY + dt.timedelta(days=2)).idle
    page = f"/digests/messages/{messages()['飞书群'].id}"
    admin = as_user("admin")
    assert "群聊机器人" in admin.get(page).text and "robots.invalid" not in admin.get(page).text
    assert admin.get(f"{page}/content").status_code == 404, "who may see no deals, reads of none"
    with unit_of_work("seed"):
        cast["admin"].grants.append(UserRole(role="reader"))
    shown = admin.get(f"{page}/content")
    assert "海岳" in shown.text and "<a" not in shown.text and "sandbox" in str(shown.headers)


def test_what_waits_for_a_robot_ends_with_it_and_follows_what_was_closed_since(
    app: Flask, cast: dict[str, User], as_user: As, chat: ChatServer
) -> None:
    deal = factories.deal(cast["manager"], BEFORE, name="金丝雀项目")
    one, two = (
        entered(chat.address("wecom", "1"), name="一"),
        entered(chat.address("wecom", "2"), name="二"),
    )
    three = entered(chat.address("wecom", "3"), name="三")
    chat.order(answers=["busy"])
    work()
    assert {m.state for m in messages().values()} == {"pending"}
    assert messages()["一"].last_code == 45009
    admin = as_user("admin")
    assert "发送过于频繁" in admin.get(f"{PAGE}/{one.id}").text
    admin.post(f"{PAGE}/{one.id}/off")
    with unit_of_work("seed"):
        three.host = "evil.example"
    with unit_of_work("deal.wall", cast["manager"]):
        pipeline.set_wall(deal, True, cast["manager"], BEFORE)
    chat.order()
    work(MONDAY + dt.timedelta(hours=1))
    rows = messages()
    assert (rows["一"].state, rows["一"].reason) == ("skipped", "disabled")
    assert (rows["二"].state, rows["二"].attempts) == ("sent", 2)
    assert (rows["三"].state, rows["三"].reason) == ("failed", "refused"), "the host is asked again"
    (line,) = chat.accepted()
    assert line["to"] == "2" and "金丝雀" not in line["words"]
    admin.post(f"{PAGE}/{one.id}/on")
    assert robot_queries.of_account(one.user_id).user.active and two.user.active


def test_only_the_listed_host_is_spoken_to_and_no_redirect_followed(
    app: Flask, cast: dict[str, User], chat: ChatServer
) -> None:
    robot = entered(chat.address("dingtalk"))

    def posted(**config: object) -> tuple[Verdict, str]:
        outcome = robot_delivery.post(robot, b"{}", 0.0, {**app.config, **config})
        return outcome.verdict, outcome.text

    chat.order(answers=[302])
    assert posted()[0] is Verdict.REFUSED and not chat.accepted()
    assert posted(ROBOT_TEST_HOSTS=())[0] is Verdict.REFUSED
    robot.host = "localhost"
    verdict, words = posted(ROBOT_HOSTS=("localhost",))
    assert verdict is Verdict.UNREACHABLE and "closed network" in words
    robot.host = chat.host
    assert posted(SECRET_KEY="another key altogether")[0] is Verdict.REFUSED
    db.session.rollback()
