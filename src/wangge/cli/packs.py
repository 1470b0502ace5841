"""pack, response: plan packs, and the responses that follow them."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click
from django.utils.module_loading import autodiscover_modules

from wangge.cli.asking import INSTANT, area, operator, pack_folder
from wangge.cli.asking import response as response_asked
from wangge.cli.wording import language, say
from wangge.ground.journal.events import CATALOGUE
from wangge.ground.kernel import clock
from wangge.ground.kernel.problems import FormInvalid, PackInvalid, UploadRefused
from wangge.ground.responses import services as responses
from wangge.ground.responses.packs.loading import load_pack
from wangge.ground.responses.packs.schema import Pack
from wangge.ground.responses.rotation import rotation_begin, rotation_running, rotation_step
from wangge.picture.endings.checking import destruction_verify
from wangge.picture.figures.services import figures_rebuild
from wangge.spine.forms.services.publishing import forms_publish_pack
from wangge.spine.forms.xlsforms import read_form

LOADER = operator("pack.load", "account.manage", "response.declare", "form.publish")
KEEPER = operator("key.rotate", "journal.verify")
FOLDER = click.argument("folder")


@click.group(help=say("预案包：检查、载入", "Plan packs: check, load"))
def pack() -> None:
    """Plan packs."""


@click.group(help=say("疫情响应：启动、更换密钥、核对销毁", "Responses: open, change keys, check a destruction"))
def response() -> None:
    """Responses."""


def read(folder: str) -> Pack:
    """The checked pack in a folder. Raises PackInvalid."""
    autodiscover_modules("events")
    types = {
        # Which quantities an entry of the duty log carries is for the pack to say.
        name: None if event.counts else event.keys
        for name, event in CATALOGUE.items()
    }
    return load_pack(pack_folder(folder), event_types=types)


@pack.command(
    help=say("检查一个预案包，指出每处错误的文件、行和字段", "Check a pack; name file, line and field of every error")
)
@FOLDER
def check(folder: str) -> None:
    """Ends with 1 where something is wrong."""
    try:
        found = read(folder)
    except PackInvalid as error:
        for one in error.errors:
            click.echo(one.sentence(language()), err=True)
        raise SystemExit(1) from None
    _check_forms(found, pack_folder(folder))
    click.echo(
        say(
            f"预案包 {found.code} {found.version} 无误：事项 {len(found.kinds)} 类，指标 {len(found.figures)} 项。",
            f"The pack {found.code} {found.version} is right: {len(found.kinds)} kinds of matter, "
            f"{len(found.figures)} figures.",
        )
    )


def _check_forms(found: Pack, folder: Path) -> None:
    """Name every mistake in the forms of a pack, and end with 1 where there are any."""
    wrong = []
    for form in found.forms.values():
        try:
            read_form((folder / "forms" / form.file).read_bytes(), form.file)
        except FormInvalid as error:
            wrong += [f"forms/{form.file} {one.sentence(language())}" for one in error.errors]
        except UploadRefused as error:
            wrong.append(f"forms/{form.file} {error.sentence(language())}")
    for line in wrong:
        click.echo(line, err=True)
    if wrong:
        raise SystemExit(1)


@pack.command(help=say("载入一个预案包", "Load a pack"))
@FOLDER
@click.option(
    "--for", "code", help=say("让此响应改用该包并重算指标", "let this response follow it; figures are made again")
)
def load(folder: str, code: str | None) -> None:
    """The same content twice changes nothing."""
    now = clock.now()
    kept = responses.pack_load(actor=LOADER, pack=read(folder), now=now)
    click.echo(say(f"已载入 {kept.code} {kept.version}。", f"{kept.code} {kept.version} is loaded."))
    if code:
        found = response_asked(code)
        responses.response_change_pack(actor=LOADER, response_id=found.id, pack_id=kept.id, now=now)
        forms_publish_pack(actor=LOADER, response_id=found.id, folder=pack_folder(folder), now=now)
        read_events = figures_rebuild(actor=LOADER, response_id=found.id, now=now)
        click.echo(say(f"指标已按 {read_events} 条记录重算。", f"Figures are made again from {read_events} events."))


@response.command(
    "open", help=say("启动响应；目的、依据、机关缺一不可", "Open a response; purpose, basis and authority are needed")
)
@click.option("--code", required=True, help=say("响应编号", "code of the response"))
@click.option("--name", required=True, help=say("名称", "name"))
@click.option("--area", "area_code", required=True, help=say("区划编码", "code of its area"))
@click.option("--pack", "folder", required=True, help=say("预案包目录或名称", "folder or name of its pack"))
@click.option("--purpose", required=True, help=say("处理个人信息的目的", "purpose of holding personal data"))
@click.option("--basis", required=True, help=say("法律依据", "legal basis"))
@click.option("--authority", required=True, help=say("作出决定的机关", "authority that declares it"))
@click.option("--started", type=INSTANT, default=None, help=say("启动时间，默认现在", "when it began; now by default"))
@click.option("--exercise", is_flag=True, help=say("演练", "a rehearsal"))
def open_(
    code: str,
    name: str,
    area_code: str,
    folder: str,
    purpose: str,
    basis: str,
    authority: str,
    started: datetime | None,
    exercise: bool,
) -> None:
    """Declare a response and make its keys."""
    now, place = clock.now(), area(area_code)
    kept = responses.pack_load(actor=LOADER, pack=read(folder), now=now)
    opened = responses.response_open(
        actor=LOADER,
        code=code,
        name=name,
        area_id=place.id,
        pack_id=kept.id,
        purpose=purpose,
        legal_basis=basis,
        authority=authority,
        started_at=started or now,
        now=now,
        exercise=exercise,
    )
    forms_publish_pack(actor=LOADER, response_id=opened.id, folder=pack_folder(folder), now=now)
    click.echo(say(f"响应 {opened.code} 已启动。", f"Response {opened.code} is open."))


@response.command(help=say("更换响应的密钥并重新加密个人信息", "Change a response's keys and seal people's data anew"))
@click.argument("code")
@click.option("--go-on", is_flag=True, help=say("继续一次中断的更换", "go on with one that was interrupted"))
def rotate(code: str, go_on: bool) -> None:
    """Seal all that is there; the old keys are destroyed later, by an engine or by --go-on."""
    found = response_asked(code)
    running = rotation_running(found.id) if go_on else None
    if running is None:
        running = rotation_begin(actor=KEEPER, response_id=found.id, now=clock.now())
    while rotation_step(actor=KEEPER, rotation_id=running.id, now=clock.now()):
        running = rotation_running(found.id) or running
        click.echo(f"\r{running.done}/{running.total}", nl=False, err=True)
    click.echo(err=True)
    left = rotation_running(found.id)
    if left is None:
        click.echo(say("密钥已更换，旧密钥已销毁。", "The keys are changed and the old ones destroyed."))
    else:
        when = f"{clock.local(left.next_at):%Y-%m-%d %H:%M}"
        click.echo(
            say(
                f"已重新加密 {left.done} 项；{when} 后由引擎作最后核对并销毁旧密钥（或再运行 --go-on）。",
                f"{left.done} fields are sealed anew; after {when} an engine (or --go-on) takes a last look and "
                "destroys the old keys.",
            )
        )


@response.command(
    "verify-destruction",
    help=say("核对一次密钥销毁；有不符以 1 退出", "Check a destruction; ends with 1 where it does not hold"),
)
@click.argument("code")
def verify_destruction(code: str) -> None:
    """Check the record against journal, chain, key store and a sample of fields."""
    found = destruction_verify(actor=KEEPER, response_id=response_asked(code).id)
    for check_ in found:
        click.echo(f"{'✓' if check_.ok else '✗'} {say(check_.zh, check_.en)}")
    if not all(check_.ok for check_ in found):
        raise SystemExit(1)
