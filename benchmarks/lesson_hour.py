"""The acts of a rehearsal, in the order of a lesson: see `benchmarks.rehearsal`."""

import asyncio
import io
import random
import time
import zipfile
from collections.abc import Awaitable, Callable
from functools import partial

import numpy as np

from benchmarks.acts import Acts, Step
from benchmarks.kept import DRAWINGS
from benchmarks.leading import until
from benchmarks.pupil import Pupil
from benchmarks.student import Server
from benchmarks.wall import PIXELS, Act, Routes, Watch, has_drawing, has_hand, look
from mnistlab.lessons import shelf
from mnistlab.store import ACTIVE, Status, Store
from mnistlab.store.classes import class_of
from mnistlab.store.drawings import save_drawing
from mnistlab.store.members import student
from mnistlab.store.questions import FEWEST
from mnistlab.ui.kit.attendance.bar import POLL_SECONDS
from mnistlab.ui.kit.visitor import in_class

SOON, MINUTE = 2.0, 60.0  # promised, in seconds
ROUNDS = 3  # in which everybody draws and raises a hand
BETWEEN = 2.0  # seconds, from one round to the next
TRAINED_SECONDS = 1800.0  # in which all networks have to be trained


class Hour:
    """A lesson of `count` students on `server`, who join within `seconds`."""

    def __init__(self, server: Server, count: int, acts: Acts, seconds: float) -> None:
        self.server, self.count, self.acts, self.seconds = server, count, acts, seconds
        self.teacher = Pupil(server)
        self.pupils = [Pupil(server) for _ in range(count)]
        self.lesson, self.steps, self.class_id = next(iter(shelf("en"))), 0, ""

    async def begin(self) -> None:
        """The teacher makes the class, and opens it by their own ticket."""
        with self.acts.act("the teacher makes the class") as times:
            begun = time.monotonic()
            await self.teacher.connect()
            await self.teacher.open("class")
            self.teacher.write("Name of the class", "Year 10, Tuesday")
            await self.teacher.press("Make a class")
            await self.teacher.press("Open the class")
            await self.teacher.enter()
            times.append(time.monotonic() - begun)
        await self.teacher.open("class", view="lesson")
        self.steps = sum(each.startswith("class.lesson.") for each in self.teacher.buttons)
        person = in_class(self.server.store, self.teacher.cookie)
        assert person is not None
        self.class_id = person.class_id

    async def join(self, tabs: asyncio.TaskGroup, over: asyncio.Event) -> None:
        """Each at a moment of their own; from then on their tab asks what is new."""
        code, begun = class_of(self.server.store, self.class_id).code, time.monotonic()

        async def one(place: int, pupil: Pupil) -> None:
            await pupil.join(code, f"Student {place}")
            tabs.create_task(pupil.live(over))

        with self.acts.act("a student joins with the code") as times:
            await self._each(one, times, self.seconds)
        self.acts.add("all are in the class", [time.monotonic() - begun], MINUTE)

    async def ask(self) -> None:
        """A question of the mistakes page, answered by all, then shown."""
        with self.acts.act("a question is seen by all", SOON) as times:
            await self.teacher.open("class", view="questions")
            begun = time.monotonic()
            await self.teacher.press("Ask the class")
            await until(lambda: all(each.asked for each in self.pupils))
            times += [each.asked - begun for each in self.pupils]
        with self.acts.act("a student answers") as times:
            await self._each(lambda place, pupil: pupil.answer(place), times, BETWEEN)
        if self.count >= FEWEST:
            with self.acts.act("the teacher shows the answers") as times:
                begun = time.monotonic()
                await self.teacher.press("Show the answers")
                times.append(time.monotonic() - begun)

    async def train(self) -> None:
        """The teacher starts everybody's own seed; everybody opens theirs."""
        with self.acts.act("the experiment is started for all") as times:
            await self.teacher.open("class", view="experiment")
            begun = time.monotonic()
            await self.teacher.press("class.experiment.start")
            times.append(time.monotonic() - begun)
        runs = {run.session: run.id for run in Store(self.server.store.url).runs()}

        async def one(place: int, pupil: Pupil) -> None:
            await pupil.open("train", run=runs[pupil.me().id])

        with self.acts.act("a student opens their training") as times:
            await self._each(one, times, BETWEEN)

    async def draw(self) -> None:
        """Everybody draws and raises a hand, until the wall shows it; and saves some drawings."""
        watch, pixels = Watch(), random.Random(0)

        async def one(place: int, pupil: Pupil) -> None:
            routes, number = Routes(self.server, pupil.cookie), pupil.me().number
            for turn in range(ROUNDS):
                drawing, up = pixels.randbytes(PIXELS).hex(), turn % 2 == 0
                for kind, says, arrived in (
                    ("drawing", drawing, has_drawing(drawing)),
                    ("hand", up, has_hand(up)),
                ):
                    watch.pending.append(Act(kind, number, time.monotonic(), arrived))
                    await routes.ask("/api/class/me", {kind: says})
                await asyncio.sleep(random.uniform(0.5, 1.5) * BETWEEN)
            await asyncio.to_thread(self._save, pupil)

        with self.acts.act("from an act to the wall", SOON) as times:
            end = time.monotonic() + ROUNDS * 1.5 * BETWEEN + 4 * SOON
            wall = asyncio.create_task(look(Routes(self.server, self.teacher.cookie), watch, end))
            await self._each(one, [], 0.0)
            await wall
            times += [seconds for kind in watch.took.values() for seconds in kind]
        self.acts.add("the wall's own answer", watch.answers)
        assert not watch.pending, f"{len(watch.pending)} acts never reached the wall"

    async def lead(self, first: int, last: int) -> None:
        """Through these steps of the lesson: the first from the page of the class, then by Next."""
        with self.acts.act(f"led to the steps {first} to {last}", SOON) as times:
            await self.teacher.open("class", view="lesson")
            for number in range(first, last + 1):
                # a click comes at any moment between two looks of a student's browser
                await asyncio.sleep(random.uniform(0, POLL_SECONDS))
                begun = time.monotonic()
                button = (
                    f"class.lesson.{number}" if number == first else f"lesson.next.{number - 1}"
                )
                await self.teacher.press(button)
                await until(partial(self._all_at, number))
                seen = [each.saw[number] - begun for each in self.pupils]
                complete = [each.arrived[number] - begun for each in self.pupils]
                self.acts.steps.append(Step(number, seen, complete))
                times += seen

    async def kill_server(self) -> None:
        """As a power cut does; then it is started again, and everybody comes back by themselves."""
        killed = time.monotonic()
        self.server.kill()
        await asyncio.to_thread(self.server.start)
        answers = time.monotonic()
        await self.teacher.come_back()
        await until(lambda: all(each.came_back > killed for each in self.pupils))
        self.acts.add("the killed server answers again", [answers - killed])
        back = [each.came_back - killed for each in self.pupils]
        self.acts.add("a page is there again, from the kill", back)

    async def let_go(self) -> None:
        """From the page of the class."""
        await self.teacher.open("class", view="lead")
        await self.teacher.press("Let go")

    async def until_trained(self) -> None:
        """Wait for what is still being trained."""
        store = Store(self.server.store.url)
        with self.acts.act("waiting for the last trainings"):
            async with asyncio.timeout(TRAINED_SECONDS):
                while any(run.status in ACTIVE for run in await asyncio.to_thread(store.runs)):
                    await asyncio.sleep(0.5)
        runs = [run for run in store.runs() if run.status == Status.FINISHED]
        spans = [(run.ended or 0.0) - (run.started or 0.0) for run in runs]
        self.acts.add("a network is trained", spans)

    async def hand_in(self) -> None:
        """Everybody hands in their own run."""

        async def one(place: int, pupil: Pupil) -> None:
            await pupil.open("class", view="hand-in")
            await pupil.press("hand-in")

        with self.acts.act("a student hands in") as times:
            await self._each(one, times, BETWEEN)

    async def archive(self) -> int:
        """The teacher has it made, and downloads it; returns how many hand-ins are in it."""
        with self.acts.act("the archive is made and downloaded") as times:
            begun = time.monotonic()
            await self.teacher.open("class", view="end")
            await self.teacher.press("class.archive.make")
            async with asyncio.timeout(TRAINED_SECONDS):
                while not (links := [each for each in self.teacher.links if "/archive?" in each]):
                    await self.teacher.watch(0.5)
            answer, body = await asyncio.to_thread(self.teacher.get, links[-1])
            times.append(time.monotonic() - begun)
        assert answer.status == 200, answer.status
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            names = archive.namelist()
        return sum("hand-ins/" in name and name.endswith(".html") for name in names)

    async def close(self) -> None:
        for each in (self.teacher, *self.pupils):
            await each.close()

    def _all_at(self, step: int) -> bool:
        return all(step in each.arrived for each in self.pupils)

    def _save(self, pupil: Pupil) -> None:
        """Keep some drawings of this student, each with its digit."""
        me, chance = pupil.me(), np.random.default_rng(pupil.me().number)
        store = self.server.store.acting_as(student(me))
        for label in range(DRAWINGS):
            image = chance.integers(0, 256, (28, 28), np.uint8)
            save_drawing(store, me.id, image, label)

    async def _each(
        self,
        act: Callable[[int, Pupil], Awaitable[None]],
        times: list[float],
        seconds: float,
    ) -> None:
        """All do it, each at a moment of their own within `seconds`."""

        async def one(place: int, pupil: Pupil) -> None:
            await asyncio.sleep(random.Random(place).uniform(0, seconds))
            begun = time.monotonic()
            await act(place, pupil)
            times.append(time.monotonic() - begun)

        await asyncio.gather(*(one(place, each) for place, each in enumerate(self.pupils)))
