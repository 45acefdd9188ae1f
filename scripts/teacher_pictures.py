"""Take the pictures of docs/teachers.md: a class of twelve with networks that they really trained.

    python -m scripts.teacher_pictures

Needs MNIST, some minutes, the packages of requirements-dev.txt and a Chromium (CHROMIUM, or one on
the PATH).
"""

import tempfile
import time

from PIL import Image
from playwright.sync_api import sync_playwright

from mnistlab.data import load_dataset
from mnistlab.executors import InlineExecutor
from mnistlab.presets import PRESETS
from mnistlab.questions import Axis, made
from mnistlab.store import Store
from mnistlab.store.answers import answer
from mnistlab.store.classes import class_of, make_class, set_pace, teacher
from mnistlab.store.members import join, note, student
from mnistlab.store.questions import ask, show
from mnistlab.ui.kit.visitor import COOKIE, cookie_of
from scripts.own_site import ROOT, SERVE, SETTLED, browser_of, served

PICTURES = ROOT / "docs" / "pictures"
MOST_BYTES, COLORS = 150_000, 128
NAMES = ("Ada", "Bilal", "Chiara", "David", "Emre", "Fatou", "Greta", "Hugo", "Ines", "Jonas")
CLASS = (*NAMES, "Klara", "Luis")
WIDE, PHONE = {"width": 1280, "height": 1400}, {"width": 390, "height": 780}
PLACES = ("feature_maps", "draw", "evaluation", "train")  # where they are, one after another
JOINING = (0, 0, 390, 600)  # what is to be seen of the phone
STEP = (  # of a lesson, with all that its link says
    "convolution?view=convolution&kernel=upright&size=3&padding=0&dataset=mnist"
    "&lesson=t1-first-network&at=3"
)
GUESSES = (92, 70, 88, 95, 60, 85, 90, 45, 93, 80, 89, 75)  # per cent
ASKED = {
    "kind": "point",
    "words": "How many percent does the network read correctly after 100 steps?",
    "measure": "accuracy",
    "x": Axis(title="training step", low=0, high=600),
    "y": Axis(title="accuracy (%)", low=0, high=100),
    "at": 100,
}


class Classroom:
    """A class whose students have trained, drawn and answered."""

    def __init__(self, store):
        self.store = store
        self.of, _ = make_class(store, "Year 10, Tuesday", "en")
        self.teacher = teacher(self.of)
        self.students = [student(join(store, self.of, name)) for name in CLASS]
        self.runs = []

    def train(self):
        """Each their own seed of the speedrun, kept in their names."""
        for seed, person in enumerate(self.students, start=1):
            config = PRESETS["speedrun"].replace(seed=seed)
            executor = InlineExecutor(self.store.acting_as(person))
            self.runs.append(executor.start(config, person.name))

    def be_somewhere(self):
        """Each looks at their run on some page; most have drawn, two raise a hand."""
        images = load_dataset("mnist").test_images[:, 0].numpy()
        for place, (person, run) in enumerate(zip(self.students, self.runs, strict=True)):
            drawing = images[3 * place + 1].tobytes() if place % 4 != 2 else None
            hand = time.time() + place if place in (4, 9) else None
            page = PLACES[place % len(PLACES)]
            note(self.store, person, page=page, run_id=run.id, drawing=drawing, hand=hand)

    def answer(self):
        """A guess, before anybody has looked; shown against the first student's network."""
        asked = ask(self.store, self.teacher, made(**ASKED, run_id=self.runs[0].id))
        for person, guess in zip(self.students, GUESSES, strict=True):
            answer(self.store, person, asked.id, [100.0, float(guess)])
        show(self.store, self.teacher, asked.id)

    def lead(self, page, query):
        """Bring everybody to this page."""
        pace = class_of(self.store, self.of.id).pace
        set_pace(self.store, self.teacher, pace.bring(page, query, {}))


class Camera:
    """Browsers that open the class's pages, and keep pictures of them."""

    def __init__(self, browser, server):
        self.browser, self.address, self.store = browser, server.url, server.store

    def take(self, name, path, person=None, size=WIDE, act=None, part=None):
        """A picture of a page as `person` sees it, after `act` has done something in it; or of the
        `part` (x, y, width, height) of it.
        """
        context = self.browser.new_context(viewport=size)
        if person is not None:
            cookie = {"name": COOKIE, "value": cookie_of(self.store, person), "url": self.address}
            context.add_cookies([cookie])
        page = context.new_page()
        page.goto(f"{self.address}{path}")
        page.wait_for_function(SETTLED, timeout=120_000)
        page.wait_for_timeout(3_000)  # charts are drawn, and the wall has asked
        if act is not None:
            act(page)
        clip = None if part is None else dict(zip(("x", "y", "width", "height"), part, strict=True))
        file = PICTURES / f"{name}.png"
        page.screenshot(path=file, clip=clip)
        context.close()
        Image.open(file).convert("RGB").quantize(COLORS).save(file, optimize=True)
        assert file.stat().st_size <= MOST_BYTES, f"{file}: {file.stat().st_size} bytes"
        print(f"Wrote {file}: {file.stat().st_size} bytes", flush=True)


def join_by_hand(page):
    """Somebody is about to join."""
    page.get_by_label("Nickname").fill("Mara")
    page.get_by_role("heading", name="Join a class").scroll_into_view_if_needed()


def take_all(camera, room):
    """One after another, as they come in a lesson."""
    camera.take("joining", f"class?join={room.of.code}", size=PHONE, act=join_by_hand, part=JOINING)
    room.be_somewhere()
    camera.take("wall", "class?view=wall&code=0", room.teacher, part=(301, 380, 979, 890))
    camera.take("lesson", STEP, room.students[0], part=(301, 60, 979, 800))
    room.answer()
    camera.take("question", "class?view=questions", room.teacher, part=(350, 512, 880, 593))
    first = room.runs[0].id
    room.lead("feature_maps", {"run": first})
    camera.take("leading", f"feature_maps?run={first}", room.teacher, part=(301, 80, 979, 640))


def main():
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/runs.db"
        room = Classroom(Store(url))
        room.train()
        with served(SERVE, MNISTLAB_STORE=url) as server, sync_playwright() as playwright:
            browser = browser_of(playwright)
            take_all(Camera(browser, server), room)
            browser.close()


if __name__ == "__main__":
    main()
