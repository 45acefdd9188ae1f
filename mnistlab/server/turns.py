"""Scripts of pages take turns: a few at a time, in the order in which they were asked for.

Streamlit runs each in a thread of its own. Where thirty browsers follow their teacher at the same
moment, thirty threads share one interpreter: none has its page before all have computed, and the
server's own thread, which sends the pages, hardly gets a word in. In turns, the first have theirs
at once, and the last no later.
"""

from threading import BoundedSemaphore

from streamlit.runtime.scriptrunner import RerunData, ScriptRunner

AT_ONCE = 4  # a script that waits for the database lets others compute


def take_turns() -> None:
    """From now on, run at most `AT_ONCE` scripts at the same time. One call for each process.

    Streamlit has no setting for it: this wraps the method that it calls for each run of a script.
    """
    run, turns = ScriptRunner._run_script, BoundedSemaphore(AT_ONCE)

    def in_turn(self: ScriptRunner, rerun_data: RerunData) -> None:
        with turns:
            run(self, rerun_data)

    ScriptRunner._run_script = in_turn  # type: ignore[method-assign]
