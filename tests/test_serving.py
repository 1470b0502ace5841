"""The processes of an installation: started together, replaced when they die, gone when asked."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import psutil
import pytest

from tests.small_city import COMMAND, wangge
from tests.waiting import until
from wangge.ground.kernel.problems import PortTaken
from wangge.parent import GRACE_SECONDS
from wangge.serving import port_check

ROOT = Path(__file__).resolve().parents[1]
SERVE = "import django, sys; django.setup(); from wangge.serving import serve; serve(port=int(sys.argv[1]))"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def served(port: int, data: Path) -> Iterator[psutil.Process]:
    """An installation of its own on SQLite, with web and engine under one parent."""
    env = {**os.environ, "WANGGE_DATA": str(data), "DJANGO_SETTINGS_MODULE": "wangge.settings"}
    env.pop("DATABASE_URL", None)
    process = subprocess.Popen([sys.executable, "-W", "ignore", "-c", SERVE, str(port)], env=env, cwd=ROOT)
    parent = psutil.Process(process.pid)
    try:
        until(lambda: answers(port))
        yield parent
    finally:
        end_all(process, parent)


def end_all(process: subprocess.Popen[bytes], parent: psutil.Process) -> None:
    """End a process and whatever it has started."""
    family = [*parent.children(recursive=True), parent] if parent.is_running() else []
    for member in family:
        if member.is_running():
            member.kill()
    process.wait()


def answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/api/v1/me", timeout=5).status_code == 401
    except httpx.HTTPError:
        return False


def child(parent: psutil.Process, name: str) -> psutil.Process | None:
    for one in parent.children():
        with suppress(psutil.ZombieProcess, psutil.NoSuchProcess):
            if name in one.cmdline():
                return one
    return None


@pytest.mark.faults
def test_what_dies_is_started_again_and_all_ends_when_asked_to(served: psutil.Process, port: int) -> None:
    an_engine_that_dies_is_started_again(served)
    a_web_worker_that_dies_is_replaced(served, port)
    family = [*served.children(recursive=True), served]
    assert len(family) >= 4  # parent, engine, web and its worker
    assert sum(member.memory_info().rss for member in family) < 500 * 2**20
    served.send_signal(signal.SIGTERM)
    gone, alive = psutil.wait_procs(family, timeout=30)
    assert not alive
    assert len(gone) == len(family)


def an_engine_that_dies_is_started_again(served: psutil.Process) -> None:
    first = until(lambda: child(served, "engine"))
    first.kill()
    second = until(lambda: next((p for p in [child(served, "engine")] if p and p.pid != first.pid), None))
    assert second.is_running()


def a_web_worker_that_dies_is_replaced(served: psutil.Process, port: int) -> None:
    web = until(lambda: child(served, "web"))
    workers = [one for one in web.children() if "resource_tracker" not in " ".join(one.cmdline())]
    for worker in workers:
        worker.kill()
    psutil.wait_procs(workers, timeout=10)
    until(lambda: answers(port))


@pytest.mark.faults
def test_children_do_not_outlive_their_parent(served: psutil.Process) -> None:
    children = served.children(recursive=True)
    served.kill()
    _, alive = psutil.wait_procs(children, timeout=30)
    assert not alive


PASSWORD = "long enough 42"


@pytest.fixture
def signed_in(data: Path) -> Iterator[tuple[psutil.Process, httpx.Client]]:
    """Web workers alone on an installation of their own, and somebody signed in there."""
    added = wangge(data, "user", "add", "nina", "--name", "尼娜", "--password-stdin", typed=PASSWORD)
    assert added.returncode == 0, added.stderr
    env = {**os.environ, "WANGGE_DATA": str(data), "PYTHONPATH": str(ROOT / "src")}
    env.pop("DATABASE_URL", None)
    port = free_port()
    process = subprocess.Popen([sys.executable, "-W", "ignore", "-c", COMMAND, "web", "--port", str(port)], env=env)
    parent = psutil.Process(process.pid)
    try:
        until(lambda: answers(port) or process.poll() is not None)
        assert process.poll() is None
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as browser:
            browser.get("/sign-in")
            form = {"username": "nina", "password": PASSWORD, "csrfmiddlewaretoken": browser.cookies["csrftoken"]}
            assert browser.post("/sign-in", data=form).status_code == 302
            yield parent, browser
    finally:
        end_all(process, parent)


def test_pages_that_stay_open_do_not_hold_up_the_end(signed_in: tuple[psutil.Process, httpx.Client]) -> None:
    parent, browser = signed_in
    family = [*parent.children(recursive=True), parent]
    with browser.stream("GET", "/live") as answer:
        assert answer.status_code == 200
        stream = answer.iter_bytes()
        assert b"retry:" in next(stream)
        asked = time.monotonic()
        parent.send_signal(signal.SIGTERM)
        rest = b"".join(stream)  # it comes to its end and is not broken off
        assert b"happened" not in rest
        assert time.monotonic() - asked < 5
        _, alive = psutil.wait_procs(family, timeout=10)
    assert not alive
    assert time.monotonic() - asked < 5 < GRACE_SECONDS


def test_an_outdated_database_is_not_served_but_named(tmp_path: Path) -> None:
    for command in ("serve", "web", "engine"):
        done = wangge(tmp_path, command)
        assert done.returncode != 0 and "wangge migrate" in done.stderr, command
    assert wangge(tmp_path, "migrate").returncode == 0


def test_a_taken_port_is_said_in_one_sentence(port: int) -> None:
    port_check("127.0.0.1", port)
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", port))
        holder.listen()
        with pytest.raises(PortTaken) as caught:
            port_check("127.0.0.1", port)
    assert str(port) in caught.value.sentence("zh")
