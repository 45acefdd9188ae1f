"""A whole first lesson of a class, by script: what it takes, and whether anything is lost of it.

    python -m benchmarks.rehearsal [--students 30] [--quick]

On one `mnistlab serve` a teacher makes a class, and students join it with its code. They answer a
question, each trains a network of their own seed (two at a time, meanwhile all goes on), they draw,
are led step by step through the first lesson, and hand in; the teacher downloads the archive. In
the middle of the leading the server is killed with SIGKILL and started again. Everybody is a
connection that speaks Streamlit's protocol, with the cookie that the server gave them. Students,
server and trainings share this machine. Ends with status 1 if anything was lost.

`--quick`: the small digits, and everybody comes at once.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.acts import Acts, print_acts, print_steps
from benchmarks.classroom import LAST_LETTERS, SERVE, Server
from benchmarks.kept import DRAWINGS, look, lost, missing
from benchmarks.lesson_hour import Hour

JOINING_SECONDS = 45.0  # in which they come, each at a moment of their own


async def rehearse(hour: Hour) -> list[str]:
    """The lesson from its first minute to its last; returns what was lost, in sentences."""
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(2 * hour.count + 8))
    over = asyncio.Event()
    async with asyncio.TaskGroup() as tabs:
        await hour.begin()
        await hour.join(tabs, over)
        await hour.ask()
        await hour.train()
        await hour.draw()
        await hour.lead(1, hour.steps // 2)
        before = await asyncio.to_thread(look, hour.server.store, hour.class_id)
        await hour.kill_server()
        found = lost(before, await asyncio.to_thread(look, hour.server.store, hour.class_id))
        await hour.lead(hour.steps // 2 + 1, hour.steps)
        await hour.let_go()
        await hour.until_trained()
        await hour.hand_in()
        files = await hour.archive()
        over.set()
    await hour.close()
    after = await asyncio.to_thread(look, hour.server.store, hour.class_id)
    found += lost(before, after)
    found += missing(after, hour.count, hour.lesson, hour.steps)
    if files < hour.count:
        found.append(f"{files} hand-ins of {hour.count} in the archive.")
    return list(dict.fromkeys(found))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--students", type=int, default=30, help="in the class")
    parser.add_argument("--quick", action="store_true", help="the small digits, without waiting")
    chosen = parser.parse_args()
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # without MNIST the first network is one of the small digits
        environment = {"MNISTLAB_DATA": str(folder / "no-data")} if chosen.quick else {}
        server = Server(folder, SERVE, **environment)
        server.start()
        acts = Acts(server)
        seconds = 2.0 if chosen.quick else JOINING_SECONDS
        try:
            hour = Hour(server, chosen.students, acts, seconds)
            found = asyncio.run(rehearse(hour))
        except BaseException:
            print(server.said()[-LAST_LETTERS:], file=sys.stderr)
            raise
        finally:
            server.stop()
    print_acts(acts, f"A lesson of {chosen.students} students on one server")
    print_steps(acts, chosen.students)
    print(f"It took {time.monotonic() - begun:.0f} s. Each student saved {DRAWINGS} drawings.")
    print("\n".join(["LOST:", *found]) if found else "Nothing was lost.")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
