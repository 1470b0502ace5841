"""user: people, their passwords, posts and tokens."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from wangge.cli.asking import area, operator
from wangge.cli.wording import say
from wangge.ground.accounts import services as accounts
from wangge.ground.accounts.queries import agencies_for, people, post_at
from wangge.ground.kernel import clock
from wangge.ground.kernel.problems import NoAgency, NotFound

if TYPE_CHECKING:
    from wangge.ground.accounts.models import Person

MANAGER = operator("account.manage")
USERNAME = click.argument("username")
STDIN = click.option(
    "--password-stdin", is_flag=True, help=say("从标准输入读口令", "read the password from standard input")
)


@click.group(help=say("账号：建立、口令、任职、令牌", "People: add, password, hold, token"))
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
@click.option("--email", default="", help=say("邮箱", "e-mail address"))
@click.option("--program", is_flag=True, help=say("这是接入系统", "this is a program"))
@click.option("--no-password", is_flag=True, help=say("暂不设口令", "without a password for now"))
@STDIN
def add(username: str, name: str, email: str, program: bool, no_password: bool, password_stdin: bool) -> None:
    """Somebody who can sign in once there is a password, and act once there is a post."""
    password = None if no_password or program else asked_password(password_stdin)
    accounts.person_add(
        actor=MANAGER,
        username=username,
        display_name=name,
        now=clock.now(),
        password=password,
        email=email,
        is_program=program,
    )
    click.echo(say(f"已建立账号 {username}。", f"{username} is added."))


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
def hold(username: str, role: str, code: str, kind: str | None, deputy: bool) -> None:
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
    accounts.post_hold(actor=MANAGER, post_id=post_id, person_id=found.id, deputy=deputy, now=now)
    click.echo(say(f"{username} 已到岗：{place.name} {role}。", f"{username} holds {role} in {place.name}."))


@user.command(help=say("签发接口令牌（只显示一次）", "Issue an API token; it is shown once"))
@USERNAME
@click.option("--label", default="cli", show_default=True, help=say("用途", "what it is for"))
def token(username: str, label: str) -> None:
    """Only a digest of the token is kept."""
    click.echo(accounts.token_issue(actor=MANAGER, person_id=person(username).id, name=label, now=clock.now()))
