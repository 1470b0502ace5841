"""forms: the forms that people fill in."""

from __future__ import annotations

from pathlib import Path

import click

from wangge.cli.asking import operator
from wangge.cli.asking import response as response_asked
from wangge.cli.wording import language, say
from wangge.ground.kernel import clock
from wangge.ground.kernel.clock import local
from wangge.ground.kernel.problems import FormInvalid
from wangge.ground.responses.queries import pack_of
from wangge.spine.forms.queries.forms import forms as forms_of
from wangge.spine.forms.services.publishing import form_publish

PUBLISHER = operator("form.publish")
RESPONSE = click.option("--response", "code", default=None, help=say("响应编号，默认当前响应", "code of the response"))


@click.group(help=say("表单：发布、列出", "Forms: publish, list"))
def forms() -> None:
    """Forms."""


@forms.command(
    help=say("发布一个 XLSForm，指出每处错误的表和行", "Publish an XLSForm; name sheet and row of every error")
)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option(
    "--media",
    "media",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help=say("题目里用到的图片、声音等文件", "a picture or sound that its questions show"),
)
@RESPONSE
def add(file: Path, media: tuple[Path, ...], code: str | None) -> None:
    """Ends with 1 where the form has mistakes; the same form twice changes nothing."""
    response = response_asked(code)
    try:
        published = form_publish(
            actor=PUBLISHER,
            response_id=response.id,
            file_name=file.name,
            content=file.read_bytes(),
            media={path.name: path.read_bytes() for path in media},
            now=clock.now(),
        )
    except FormInvalid as error:
        for one in error.errors:
            click.echo(one.sentence(language()), err=True)
        raise SystemExit(1) from None
    form, version = published.version.form.code, published.version.version
    if published.fresh:
        click.echo(say(f"表单 {form} 版本 {version} 已发布。", f"Version {version} of the form {form} is published."))
    else:
        click.echo(say(f"表单 {form} 版本 {version} 早已发布，没有变化。", f"Version {version} of {form} is there."))


@forms.command("list", help=say("列出表单", "List the forms"))
@RESPONSE
def list_(code: str | None) -> None:
    """A line for each form: code, version, day, state, title, what it serves."""
    response = response_asked(code)
    named = pack_of(response).forms
    for one in forms_of(response.id, closed=True):
        serves = named[one.code].serves.handler if one.code in named else "—"
        state = say("启用", "open") if one.open else say("停用", "closed")
        click.echo(f"{one.code}\t{one.version}\t{local(one.published_at):%Y-%m-%d}\t{state}\t{serves}\t{one.title}")
