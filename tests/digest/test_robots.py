"""Addresses, words, signatures and answers of chat robots, without a database."""

import base64
import hashlib
import hmac
import json

import pytest

from portfolio.digest import robots
from portfolio.digest.outline import Outline, Part, plain, told
from portfolio.digest.robot_delivery import public
from portfolio.digest.states import Verdict
from portfolio.kernel.errors import InputError
from portfolio.kernel.sealing import Unsealable, fingerprint, seal, unseal
from portfolio.settings import OFFICIAL_ROBOT_HOSTS as HOSTS

BASE = "https://kawei.example"
KEY = "693a91f6-7abc-4bc4-97a0-0ec2sifa5aaa"
GOOD = {
    "wecom": f"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={KEY}",
    "feishu": f"https://open.feishu.cn/open-apis/bot/v2/hook/{KEY}",
    "dingtalk": f"https://oapi.dingtalk.com/robot/send?access_token={KEY}",
}
HOOK = f"/open-apis/bot/v2/hook/{KEY}"
# What leads elsewhere than it seems to, or inside the house.
TRICKS = (
    f"http://open.feishu.cn{HOOK}",
    f"https://open.feishu.cn@127.0.0.1{HOOK}",
    f"https://open.feishu.cn:pass@127.0.0.1{HOOK}",
    f"https://127.0.0.1@open.feishu.cn{HOOK}",
    f"https://open.feishu.cn:8443{HOOK}",
    f"https://open.feishu.cn:443@127.0.0.1{HOOK}",
    f"https://open.feishu.cn:99999{HOOK}",
    f"https://open.feishu.cn.{HOOK}",
    f"https://open.feishu.cn.evil.example{HOOK}",
    f"https://evil.example/open.feishu.cn{HOOK}",
    f"https://evilopen.feishu.cn{HOOK}",
    f"https://sub.open.feishu.cn{HOOK}",
    f"https://open.feishu.cn\\@127.0.0.1{HOOK}",
    f"https://127.0.0.1\\.open.feishu.cn{HOOK}",
    f"https://open.feishu.cn#@127.0.0.1{HOOK}",
    f"https://open.feishu.cn?@127.0.0.1{HOOK}",
    f"https://open.feishu.cn%2f@127.0.0.1{HOOK}",
    f"https://open%2efeishu.cn{HOOK}",
    f"https://ｏpen.feishu.cn{HOOK}",
    f"https://open。feishu。cn{HOOK}",
    f"https://op\ten.feishu.cn{HOOK}",
    f"https://open.feishu.cn\r\nHost: 127.0.0.1{HOOK}",
    f"https://open.feishu.cn\x00.evil.example{HOOK}",
    f"//open.feishu.cn{HOOK}",
    f"open.feishu.cn{HOOK}",
    f"file:///etc/passwd{HOOK}",
    f"gopher://open.feishu.cn{HOOK}",
    f"ftp://open.feishu.cn{HOOK}",
    f"javascript:https://open.feishu.cn{HOOK}",
    *(
        f"https://{host}{HOOK}"
        for host in (
            *("127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001", "0177.0.0.1"),
            *("[::1]", "[::ffff:127.0.0.1]", "169.254.169.254", "10.0.0.1", "0.0.0.0", ""),  # noqa: S104
        )
    ),
    f"https://open.feishu.cn/open-apis/bot/v2/hook/../../../{KEY}",
    f"https://open.feishu.cn/open-apis/bot/v2/hook/%2e%2e%2f{KEY}",
    f"https://open.feishu.cn{HOOK}/more",
    f"https://open.feishu.cn{HOOK}?redirect=http://127.0.0.1",
    f"https://open.feishu.cn{HOOK}#part",
    "https://open.feishu.cn/open-apis/bot/v2/hook/",
    f"https://open.feishu.cn/open-apis/im/v1/messages/{KEY}",
    f"{GOOD['wecom']}&key=second-key-000",
    f"{GOOD['wecom']}&debug=1",
    "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=",
    f"https://qyapi.weixin.qq.com/cgi-bin/webhook/upload_media?key={KEY}",
    f"https://oapi.dingtalk.com/robot/send?access_token={KEY}%0d%0aHost:127.0.0.1",
    "https://oapi.dingtalk.com/robot/send",
    "",
    "https://" + "a" * 600,
)


def test_an_address_is_taken_to_pieces_and_put_together_the_same() -> None:
    for name, text in GOOD.items():
        for typed in (text, f"  {text} ", text.replace(".cn/", ".cn:443/")):
            found = robots.address_of(typed, HOSTS)
            assert (found.platform.key, found.token) == (name, KEY)
        assert f"https://{found.host}{found.platform.target(found.token)}" == text
    test = f"http://127.0.0.1:8099{HOOK}"
    assert robots.address_of(test, HOSTS, ("127.0.0.1:8099",)).host == "127.0.0.1:8099"
    for other in (test.replace("8099", "8098"), test.replace("127", "me@127")):
        with pytest.raises(InputError):
            robots.address_of(other, HOSTS, ("127.0.0.1:8099",))


@pytest.mark.parametrize("text", TRICKS)
def test_an_address_that_leads_elsewhere_is_refused(text: str) -> None:
    with pytest.raises(InputError) as refused:
        robots.address_of(text, HOSTS, ("127.0.0.1:8099",))
    assert refused.value.code.startswith("robot.")


def test_a_name_that_leads_inside_is_not_connected_to() -> None:
    assert public(["1.1.1.1", "2606:4700::1"]) == "1.1.1.1"
    inside = ("127.0.0.1", "10.1.2.3", "192.168.0.1", "169.254.169.254", "0.0.0.0", "::1")  # noqa: S104
    for address in (
        *inside,
        "fe80::1%eth0",
        "fd00::1",
        "::ffff:10.0.0.1",
        "224.0.0.1",
        "100.64.0.1",
    ):
        with pytest.raises(ConnectionRefusedError):
            public(["1.1.1.1", address])
    with pytest.raises(ConnectionRefusedError):
        public([])


def test_names_become_neither_links_nor_mentions_nor_markup() -> None:
    for name in (
        *("[x](http://evil.example)", "<@all>", "@所有人", '<at user_id="all"></at>', "**粗**"),
        *(
            "![i](https://evil.example/i.png)",
            "&lt;@all&gt;",
            "# 标题",
            "`code`",
            "<font color=red>",
        ),
        *("www.evil.example", "a\u202eb\u200bc", "x|y~z_w\\"),
    ):
        shown = plain(name)
        assert not set(shown) & set("<>[]*_`#~|\\@&\u202e\u200b"), name
        assert "://" not in shown and "www." not in shown, name
    assert (
        plain("华引芯（青岛）科技 A轮 (2026-11-23, 张三)")
        == "华引芯（青岛）科技 A轮 (2026-11-23, 张三)"
    )
    assert len(plain("很长" * 200)) == 160


def outline(parts: int, lines: int, words: str) -> Outline:
    """Parts of as many lines each."""
    return Outline(
        "周报",
        (told("11月16日 至 11月23日"),),
        tuple(
            Part(
                told(f"第{p}部分 ({lines})"),
                tuple(told(f"{words} {n}", f"{BASE}/deals/{n}") for n in range(lines)),
            )
            for p in range(parts)
        ),
        told("打开", f"{BASE}/"),
    )


def test_every_platform_gets_its_own_links_and_plain_names() -> None:
    found = outline(1, 2, "[x](http://evil.example) <@all>")
    for platform in robots.PLATFORMS.values():
        body = robots.message(platform, found, "zh").decode()
        assert "evil.example)" in body and "](http://evil" not in body and "<@all>" not in body
        assert f"{BASE}/deals/1" in body and "第0部分 (2)" in body
    wecom, feishu = (
        json.loads(robots.message(robots.PLATFORMS[name], found, locale))
        for name, locale in (("wecom", "zh"), ("feishu", "en"))
    )
    assert f"]({BASE}/deals/0)" in wecom["markdown"]["content"]
    rows = feishu["content"]["post"]["en_us"]["content"]
    assert [row[0]["tag"] for row in rows] == ["text", "text", "a", "a", "a"]
    assert told("x", f"{BASE}/a?q=b)](http://evil").url == f"{BASE}/a?q=b%29%5D%28http://evil"


def test_a_long_digest_is_cut_to_what_the_platform_takes() -> None:
    long = outline(12, 40, "一家名称很长很长的科技有限公司" + "字" * 80)
    wecom = json.loads(robots.message(robots.PLATFORMS["wecom"], long, "zh"))
    content = wecom["markdown"]["content"]
    assert 3500 < len(content.encode()) <= 4096 and "**第11部分 (40)**" in content
    for name in ("feishu", "dingtalk"):
        assert (
            len(robots.message(robots.PLATFORMS[name], long, "zh")) <= 20000 - robots.SIGNED_BYTES
        )


def test_signatures_are_as_documented() -> None:
    body, now = b'{"msg_type":"post"}', 1599360473.25
    feishu, ding = robots.PLATFORMS["feishu"], robots.PLATFORMS["dingtalk"]
    target, sent = robots.request_of(feishu, KEY, "secret-0001", body, now)
    value = json.loads(sent)
    made = hmac.new(b"1599360473\nsecret-0001", digestmod=hashlib.sha256).digest()
    assert target == HOOK and value == {
        "timestamp": "1599360473",
        "sign": base64.b64encode(made).decode(),
        "msg_type": "post",
    }
    target, sent = robots.request_of(ding, KEY, "SECsecret", body, now)
    made = hmac.new(b"SECsecret", b"1599360473250\nSECsecret", hashlib.sha256).digest()
    assert sent == body and target.startswith(
        f"/robot/send?access_token={KEY}&timestamp=1599360473250"
    )
    assert robots.parse_qsl(target.partition("?")[2])[2][1] == base64.b64encode(made).decode()
    assert robots.request_of(feishu, KEY, "", body, now) == (HOOK, body)


@pytest.mark.parametrize(
    ("platform", "status", "body", "verdict"),
    [
        ("wecom", 200, b'{"errcode":0,"errmsg":"ok"}', Verdict.ACCEPTED),
        ("feishu", 200, b'{"code":0,"msg":"success","data":{}}', Verdict.ACCEPTED),
        ("wecom", 200, b'{"errcode":45009,"errmsg":"api freq out of limit"}', Verdict.DEFERRED),
        ("feishu", 200, b'{"code":11232,"msg":"frequency limited"}', Verdict.DEFERRED),
        ("dingtalk", 200, b'{"errcode":130101,"errmsg":"send too fast"}', Verdict.DEFERRED),
        ("dingtalk", 200, b'{"errcode":987654,"errmsg":"new code"}', Verdict.DEFERRED),
        ("wecom", 200, b'{"errcode":93000,"errmsg":"invalid webhook url"}', Verdict.REFUSED),
        ("feishu", 200, b'{"code":19021,"msg":"sign match fail"}', Verdict.REFUSED),
        ("feishu", 400, b'{"code":9499,"msg":"Bad Request"}', Verdict.REFUSED),
        (
            "dingtalk",
            200,
            b'{"errcode":310000,"errmsg":"keywords not in content"}',
            Verdict.REFUSED,
        ),
        ("wecom", 302, b"", Verdict.REFUSED),
        ("wecom", 404, b"<html>", Verdict.REFUSED),
        ("wecom", 429, b"", Verdict.DEFERRED),
        ("wecom", 503, b"", Verdict.UNREACHABLE),
        ("wecom", 502, b"", Verdict.UNANSWERED),
        ("wecom", 200, b"<html>Log in to the network</html>", Verdict.UNANSWERED),
        ("wecom", 200, b'["errcode"]', Verdict.UNANSWERED),
        ("wecom", 200, b'{"errcode":null}', Verdict.UNANSWERED),
    ],
)
def test_answers_mean_the_same_as_those_of_a_mail_server(
    platform: str, status: int, body: bytes, verdict: Verdict
) -> None:
    assert robots.outcome_of(robots.PLATFORMS[platform], status, body).verdict is verdict


def test_what_is_sealed_opens_under_its_own_key_and_purpose_alone() -> None:
    sealed = seal(KEY, "key-one", "robot")
    assert unseal(sealed, "key-one", "robot") == KEY and KEY not in sealed
    assert seal(KEY, "key-one", "robot") != sealed
    assert unseal(seal("密" * 100, "k", "p"), "k", "p") == "密" * 100
    changed = f"{sealed[:40]}{'A' if sealed[40] != 'A' else 'B'}{sealed[41:]}"
    for text, key, purpose in (
        (sealed, "key-two", "robot"),
        (sealed, "key-one", "other"),
        (changed, "key-one", "robot"),
        ("no base64!", "key-one", "robot"),
        ("", "key-one", "robot"),
    ):
        with pytest.raises(Unsealable):
            unseal(text, key, purpose)
    assert fingerprint(KEY, "k", "p") == fingerprint(KEY, "k", "p") != fingerprint(KEY, "j", "p")


def test_every_platform_is_whole() -> None:
    for platform in robots.PLATFORMS.values():
        assert platform.host in HOSTS and platform.format in robots.FORMATS
        assert not platform.signature or platform.signature in robots.SIGNATURES
        assert all(code.zh and code.en for code in platform.codes.values())
