"""How long students wait when one of two page servers is killed.

    python -m benchmarks.failover [--students 60]

All of them have the train page open, behind the proxy of `deploy/` and on one PostgreSQL database.
Then one server is killed, and those who were there do what a browser does: they ask for a server,
connect to it, and have their page run again. All of it shares this machine.
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from benchmarks.student import student_of

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))  # where its servers are

import haproxy
import postgresql
from browser.site import SERVE, Server, Site, free_port, serves
from waiting import eventually

RETRY_SECONDS = 0.5  # a browser asks again after so long, and then after twice as long each time


async def cookies_of(site: Site, cookies: str = "") -> str:
    """Ask for a server until one answers; the cookies that a browser then has."""
    pause = RETRY_SECONDS
    while True:
        reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
        request = f"GET /_stcore/health HTTP/1.0\r\nHost: 127.0.0.1\r\nCookie: {cookies}\r\n\r\n"
        writer.write(request.encode())
        head, *lines = (await reader.read()).decode().partition("\r\n\r\n")[0].split("\r\n")
        writer.close()
        if head.split()[1] == "200":
            break
        await asyncio.sleep(pause)
        pause *= 2
    kept = dict(pair.split("=", 1) for pair in cookies.split("; ") if pair)
    for name, _, value in (line.partition(": ") for line in lines):
        if name.lower() == "set-cookie":
            kept.update([value.partition(";")[0].split("=", 1)])
    return "; ".join(f"{name}={value}" for name, value in kept.items())


async def lesson(site: Site, doomed: str, ready: asyncio.Barrier, killed: list[float]) -> float:
    """One student, from opening the train page to being back on it. Seconds from the server's end;
    0 for those who were at the other one.
    """
    cookies = await cookies_of(site)
    async with student_of(site, {}, cookies) as student:
        await student.open("train")
        await ready.wait()
        if f"PAGES={doomed}" not in cookies:
            return 0.0
        await student.stay()
    async with student_of(site, {}, await cookies_of(site, cookies)) as student:
        await student.open("train")
    return time.monotonic() - killed[0]


async def school_hour(site: Site, servers: dict[str, Server], students: int) -> list[float]:
    doomed, killed = "a", [0.0]
    ready = asyncio.Barrier(students + 1)
    lessons = [asyncio.create_task(lesson(site, doomed, ready, killed)) for _ in range(students)]
    await ready.wait()
    killed[0] = time.monotonic()
    await asyncio.to_thread(servers[doomed].kill)
    return [seconds for seconds in await asyncio.gather(*lessons) if seconds]


@contextmanager
def two_servers(folder: Path) -> Iterator[tuple[Site, dict[str, Server]]]:
    """Behind the proxy, on one new database."""
    programs, proxy = postgresql.get(), haproxy.get()
    if programs is None or proxy is None:
        raise SystemExit(f"{postgresql.ADVICE} {haproxy.ADVICE}")
    with ExitStack() as stack:
        url = stack.enter_context(postgresql.server(programs)).fresh()
        servers = {}
        for name in ("a", "b"):
            (folder / name).mkdir()
            servers[name] = Server(folder / name, SERVE, MNISTLAB_STORE=url)
            stack.callback(servers[name].stop)
            servers[name].start()
        port = free_port()
        behind = (f"127.0.0.1:{server.port}" for server in servers.values())
        process = stack.enter_context(haproxy.proxy(proxy, port, *behind, folder / "log"))
        site = Site(f"http://127.0.0.1:{port}/", servers["a"].store)
        eventually("the proxy answers", lambda: serves(site.url.rstrip("/"), process))
        yield site, servers


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--students", type=int, default=60, help="with an open page")
    students = parser.parse_args().students
    with tempfile.TemporaryDirectory() as name, two_servers(Path(name)) as (site, servers):
        back = sorted(asyncio.run(school_hour(site, servers, students)))
    print(
        f"{len(back)} of {students} students lost their server, and had their page again after "
        f"{statistics.median(back):.1f} s (median), the last of them after {back[-1]:.1f} s."
    )


if __name__ == "__main__":
    main()
