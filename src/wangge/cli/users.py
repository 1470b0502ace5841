"""user: people, their passwords, posts and tokens."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import TYPE_CHECKING

import click
from django.conf import settings

from wangge.cli.asking import INSTANT, area, operator
from wangge.cli.wording import say
from wangge.ground.accounts import leaving
from wangge.ground.accounts import services as accounts
from wangge.ground.accounts.queries import agencies_for, people, post_at
from wangge.ground.kernel import clock
from wangge.ground.kernel.problems import NoAgency, NotFound

if TYPE_CHECKING:
    from wangge.ground.accounts.models import Person

MANAGER = operator("account.manage")
USERNAME = click.argument("username")
EMAIL = click.option("--email", default=None, help=say("邮箱", "e-mail address"))
WEBHOOK = click.option("--webhook", default=None, help=say("消息网络回调地址", "address that messages are posted to"))
LANGUAGE = click.option(
    "--language",
    type=click.Choice([code for code, _ in settings.LANGUAGES]),
    default=None,
    help=say("消息用的语言", "language of messages"),
)
STDIN = click.option(
    "--password-stdin", is_flag=True, help=say("从标准输入读口令", "read the password from standard input")
)


@click.group(help=say("账号：建立、变更、口令、任职、离任、令牌", "People: add, change, password, hold, leave, token"))
def user() -> None:
    """People and programs."""


def person(username: str) -> Person:
    """The person with a sign-in name. Raises NotFound."""
    found = people().filter(username=username.strip().lower()).first()
    if found is None:
        raise NotFound(what=say(f"账号 {username}", f"person “{username}”"))
    return found


def asked_password(from_stdin: bool) -> str:
    """A password typed twice, or read from standard input."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    typed: str = click.prompt(
        say("口令", "Password"), hide_input=True, confirmation_prompt=say("再输一次", "Once more")
    )
    return typed


@user.command(help=say("建立账号", "Add a person or a program"))
@USERNAME
@click.option("--name", required=True, help=say("姓名", "name"))
@EMAIL
@WEBHOOK
@LANGUAGE
@click.option("--program", is_flag=True, help=say("这是接入系统", "this is a program"))
@click.option("--no-password", is_flag=True, help=say("暂不设口令", "without a password for now"))
@STDIN
def add(
    username: str,
    name: str,
    email: str | None,
    webhook: str | None,
    language: str | None,
    program: bool,
    no_password: bool,
    password_stdin: bool,
) -> None:
    """Somebody who can sign in once there is a password, and act once there is a post."""
    password = None if no_password or program else asked_password(password_stdin)
    accounts.person_add(
        actor=MANAGER,
        username=username,
        display_name=name,
        now=clock.now(),
        password=password,
        email=email or "",
        webhook_url=webhook or "",
        language=language or settings.LANGUAGE_CODE,
        is_program=program,
    )
    click.echo(say(f"已建立账号 {username}。", f"{username} is added."))


@user.command(
    help=say(
        "变更账号：姓名、邮箱、回调地址、语言，或恢复使用；地址写空即删去",
        "Change a name, address or language, or put an account back into use; an empty address takes it away",
    )
)
@USERNAME
@click.option("--name", default=None, help=say("姓名", "name"))
@EMAIL
@WEBHOOK
@LANGUAGE
@click.option("--back", is_flag=True, help=say("恢复已停用的账号", "put the account back into use"))
def change(
    username: str, name: str | None, email: str | None, webhook: str | None, language: str | None, back: bool
) -> None:
    """What is not named stays."""
    now, found = clock.now(), person(username)
    if not back and (name, email, webhook, language) == (None, None, None, None):
        raise click.UsageError(say("请写明要变更什么", "say what to change"))
    if back:
        leaving.person_return(actor=MANAGER, person_id=found.id, now=now)
        click.echo(say(f"账号 {username} 已恢复使用。", f"{username} is in use again."))
    changed = accounts.person_change(
        actor=MANAGER,
        person_id=found.id,
        now=now,
        display_name=name,
        email=email,
        webhook_url=webhook,
        language=language,
    )
    if changed:
        click.echo(say(f"账号 {username} 已变更。", f"{username} is changed."))
    elif not back:
        click.echo(say("与原来相同，没有变更。", "That is what it was; nothing is changed."))


@user.command(help=say("设置口令", "Set a password"))
@USERNAME
@STDIN
def password(username: str, password_stdin: bool) -> None:
    """The old one stops working at once."""
    found = person(username)
    typed = asked_password(password_stdin)
    accounts.password_set(actor=MANAGER, person_id=found.id, password=typed, now=clock.now())
    click.echo(say(f"{username} 的口令已设置。", f"The password of {username} is set."))


@user.command(help=say("任职：某人到某区域的某岗位", "Put somebody on a post in an area"))
@USERNAME
@click.option("--role", required=True, help=say("角色编号", "code of the role"))
@click.option("--area", "code", required=True, help=say("区划编码", "code of the area"))
@click.option("--agency", "kind", default=None, help=say("单位类别", "kind of the agency"))
@click.option("--deputy", is_flag=True, help=say("副职", "as a deputy"))
@click.option("--since", type=INSTANT, default=None, help=say("到岗时间，默认现在", "from when; now by default"))
@click.option("--until", type=INSTANT, default=None, help=say("离岗时间，默认不定", "until when; open by default"))
def hold(
    username: str,
    role: str,
    code: str,
    kind: str | None,
    deputy: bool,
    since: datetime | None,
    until: datetime | None,
) -> None:
    """The post is opened where there is none yet."""
    now, found, place = clock.now(), person(username), area(code)
    agency_id = None
    if kind is not None:
        agency_id = agencies_for(kind, [place.id]).get(place.id)
        if agency_id is None:
            raise NoAgency(kind=kind)
    post_id = post_at(role, place.id, agency_id, now)
    if post_id is None:
        name = f"{place.short_name}{role}"
        opened = accounts.post_open(actor=MANAGER, name=name, role=role, area_id=place.id, agency_id=agency_id, now=now)
        post_id = opened.id
    accounts.post_hold(
        actor=MANAGER, post_id=post_id, person_id=found.id, deputy=deputy, now=now, since=since, until=until
    )
    end = f"{clock.local(until):%Y-%m-%d %H:%M}" if until else ""
    click.echo(
        say(
            f"{username} 任职：{place.name} {role}" + (f"，至 {end}。" if end else "。"),
            f"{username} holds {role} in {place.name}" + (f" until {end}." if end else "."),
        )
    )


@user.command(
    help=say(
        "离任：结束全部任职和令牌并停用账号",
        "Leave: end all posts and tokens, and put the account out of use",
    )
)
@USERNAME
@click.option("--at", type=INSTANT, default=None, help=say("离任时间，默认现在", "when; now by default"))
def leave(username: str, at: datetime | None) -> None:
    """Nothing is deleted: what somebody did keeps their name. `user change --back` undoes it."""
    now = clock.now()
    ended = leaving.person_leave(actor=MANAGER, person_id=person(username).id, now=now, at=at)
    when = f"{clock.local(at or now):%Y-%m-%d %H:%M}"
    if at is not None and at > now:
        click.echo(
            say(
                f"{username} 定于 {when} 离任，届时结束任职 {ended} 项并停用账号。",
                f"{username} leaves at {when}; {ended} posts end then, and the account goes out of use.",
            )
        )
    else:
        click.echo(
            say(
                f"{username} 已离任，结束任职 {ended} 项，账号已停用。",
                f"{username} has left: {ended} posts have ended, and the account is out of use.",
            )
        )


@user.command(help=say("签发接口令牌（只显示一次）", "Issue an API token; it is shown once"))
@USERNAME
@click.option("--label", default="cli", show_default=True, help=say("用途", "what it is for"))
@click.option("--expires", type=INSTANT, default=None, help=say("失效时间，默认不失效", "when it runs out"))
def token(username: str, label: str, expires: datetime | None) -> None:
    """Only a digest of the token is kept."""
    secret = accounts.token_issue(
        actor=MANAGER, person_id=person(username).id, name=label, now=clock.now(), expires_at=expires
    )
    click.echo(secret)
