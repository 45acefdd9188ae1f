"""Scripts of pages take turns: no more than a few compute at once, and each has its turn."""

import threading
from typing import Any, cast

import pytest
from streamlit.runtime.scriptrunner import RerunData, ScriptRunner
from waiting import SECONDS, eventually

from mnistlab.server.turns import AT_ONCE, take_turns

SCRIPTS = 12


def test_a_few_scripts_run_at_once_and_each_has_its_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    running, most, over = [0], [0], threading.Event()
    lock = threading.Lock()

    def run(self: ScriptRunner, rerun_data: RerunData) -> None:
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
        assert over.wait(SECONDS)
        with lock:
            running[0] -= 1
        raise ValueError("a script that breaks off has had its turn, too")

    monkeypatch.setattr(ScriptRunner, "_run_script", run)
    take_turns()
    runner, request = cast(Any, None), RerunData()
    ended = []

    def script() -> None:
        try:
            ScriptRunner._run_script(runner, request)
        except ValueError:
            ended.append(1)

    threads = [threading.Thread(target=script) for _ in range(SCRIPTS)]
    for thread in threads:
        thread.start()
    eventually("as many run as may", lambda: running[0] == AT_ONCE)
    over.set()
    for thread in threads:
        thread.join(SECONDS)
    assert (len(ended), most[0]) == (SCRIPTS, AT_ONCE)
