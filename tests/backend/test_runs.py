"""What pages call: presses, and how they share, pause, step, stop and replay runs."""

import sys
import time

import pytest

from backend import runs, worker
from backend.database import Database
from backend.errors import BackendError, NothingToTalkTo, RefusedConfig, UnknownRun, WorkersNotReady
from backend.tables import RunRow
from engine.config import parse_config
from engine.train import train
from tests.backend.conftest import BackgroundWorkers, counting_config, until

SLOW = counting_config(updates=40, milliseconds=15)


def status(database: Database, press: str) -> str:
    with database.reading() as session:
        return session.get_one(RunRow, runs.look(press).address).status


def test_a_press_waits_in_the_queue_at_once(ada: str) -> None:
    view = runs.look(runs.press_train(ada, counting_config(), "first-day", 5.0))
    assert (view.state, view.queue_place, view.events, view.updates_done) == ("queued", 1, (), 0)
    assert (view.chapter_id, view.pace, view.planned_updates) == ("first-day", 5.0, None)
    assert view.config == parse_config(counting_config())


def test_a_double_click_is_one_press(ada: str) -> None:
    assert runs.press_train(ada, counting_config()) == runs.press_train(ada, counting_config())
    assert len(runs.runs_of(ada)) == 1


def test_the_lab_and_a_chapter_are_two_presses_on_one_run(ada: str) -> None:
    in_chapter = runs.press_train(ada, counting_config(), "first-day")
    in_lab = runs.press_train(ada, counting_config())
    assert in_lab != in_chapter
    assert runs.look(in_lab).address == runs.look(in_chapter).address
    assert runs.look(in_lab).queue_place == 1


def test_equal_settings_share_one_run_between_learners(ada: str, ben: str) -> None:
    same_reward = counting_config(reward="  1 * delivered")
    hers = runs.press_train(ada, counting_config(reward="1*delivered"))
    his = runs.press_train(ben, same_reward)
    assert hers != his
    assert runs.look(hers).address == runs.look(his).address
    assert worker.pull("here") == 1
    assert runs.look(hers).events == runs.look(his, -1).events


def test_the_cursor_brings_each_event_once(ada: str, workers: BackgroundWorkers) -> None:
    press = runs.press_train(ada, SLOW)
    workers.work()
    events, cursor, deadline = [], -1, time.monotonic() + 10
    while time.monotonic() < deadline:
        view = runs.look(press, cursor)
        events += [event for _, event in view.events]
        cursor = view.last_seq
        if view.state == "finished":
            break
        time.sleep(0.02)
    assert events == list(train(parse_config(SLOW)))


def test_a_finished_run_is_replayed_and_not_computed(
    database: Database, ada: str, ben: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = counting_config(updates=12)
    runs.press_train(ada, config)
    worker.pull("here")
    replay = runs.press_train(ben, config)
    assert worker.pull("here") == 0
    began = runs.look(replay)
    assert (began.state, began.is_replay, began.updates_done) == ("replay", True, 1)
    assert [seq for seq, _ in began.events] == [0, 1]
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 3.0)
    assert runs.look(replay).updates_done == 7
    runs.pause(replay)
    assert runs.look(replay).state == "paused"
    runs.step(replay)
    assert runs.look(replay).updates_done == 8
    runs.resume(replay)
    assert runs.look(replay).state == "replay"
    runs.skip_to_end(replay)
    ended = runs.look(replay)
    assert (ended.state, ended.updates_done, len(ended.events)) == ("finished", 12, 14)


def test_a_replays_pace_can_be_set(
    database: Database, ada: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = counting_config(updates=100)
    runs.press_train(ada, config)
    worker.pull("here")
    replay = runs.press_train(ada, config, pace=2.0)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 5.2)
    assert runs.look(replay).updates_done == 11
    runs.set_pace(replay, 10.0)
    assert runs.look(replay).updates_done == 11
    monkeypatch.setattr(time, "time", lambda: now + 7.2)
    assert runs.look(replay).updates_done == 31


def test_pause_step_and_resume(ada: str, workers: BackgroundWorkers) -> None:
    press = runs.press_train(ada, SLOW)
    workers.work()
    until(press, lambda view: view.updates_done >= 5)
    runs.pause(press)
    paused = runs.look(press)
    time.sleep(0.4)
    later = runs.look(press)
    assert (later.state, later.updates_done) == ("paused", paused.updates_done)
    for further in (1, 2, 3):
        runs.step(press)
        wanted = paused.updates_done + further
        until(press, lambda view, wanted=wanted: view.updates_done >= wanted)
        time.sleep(0.15)
        stepped = runs.look(press)
        assert (stepped.state, stepped.updates_done) == ("paused", wanted)
    runs.resume(press)
    runs.skip_to_end(press)
    ended = until(press, lambda view: view.state == "finished")
    assert [event for _, event in ended.events] == list(train(parse_config(SLOW)))


def test_two_quick_steps_are_two_updates(ada: str, workers: BackgroundWorkers) -> None:
    press = runs.press_train(ada, counting_config(updates=5))
    runs.pause(press)
    runs.step(press)
    runs.step(press)
    workers.work()
    until(press, lambda view: view.updates_done == 2)
    time.sleep(0.2)
    assert runs.look(press).updates_done == 2
    runs.stop(press)


def test_the_last_step_shows_the_end(ada: str, workers: BackgroundWorkers) -> None:
    press = runs.press_train(ada, counting_config(updates=2))
    runs.pause(press)
    workers.work()
    runs.step(press)
    until(press, lambda view: view.updates_done == 1)
    runs.step(press)
    assert until(press, lambda view: view.state == "finished").updates_done == 2


def test_one_who_pauses_does_not_hold_up_the_other(
    ada: str, ben: str, workers: BackgroundWorkers
) -> None:
    hers, his = runs.press_train(ada, SLOW), runs.press_train(ben, SLOW)
    workers.work()
    until(hers, lambda view: view.updates_done >= 3)
    runs.pause(hers)
    seen = runs.look(hers).updates_done
    until(his, lambda view: view.state == "finished")
    assert (runs.look(hers).state, runs.look(hers).updates_done) == ("paused", seen)
    runs.step(hers)
    assert runs.look(hers).updates_done == seen + 1


def test_one_who_stops_does_not_end_the_others_run(
    database: Database, ada: str, ben: str, workers: BackgroundWorkers
) -> None:
    hers, his = runs.press_train(ada, SLOW), runs.press_train(ben, SLOW)
    workers.work()
    until(hers, lambda view: view.updates_done >= 3)
    runs.stop(hers)
    until(his, lambda view: view.state == "finished")
    stopped = runs.look(hers)
    assert stopped.state == "stopped"
    both = runs.states_of([hers, his, "nobody pressed this"])
    assert both == {hers: "stopped", his: "finished"}
    assert stopped.updates_done < 40
    assert stopped.work == 10 * stopped.updates_done


def test_a_stopped_run_pressed_again_goes_on_without_doubles(
    database: Database, ada: str, workers: BackgroundWorkers
) -> None:
    first = runs.press_train(ada, SLOW)
    workers.work()
    until(first, lambda view: view.updates_done >= 5)
    runs.stop(first)
    workers.join()
    assert status(database, first) == "stopped"
    again = runs.press_train(ada, SLOW, pace=runs.SLOWEST_PACE)
    assert again != first
    assert not runs.look(again).is_replay
    assert runs.look(again).updates_done == 1  # it watches from the beginning
    runs.skip_to_end(again)
    workers.work()
    ended = until(again, lambda view: view.state == "finished")
    assert [event for _, event in ended.events] == list(train(parse_config(SLOW)))
    assert runs.look(first).state == "stopped"


def test_stop_before_the_first_update_needs_no_worker(database: Database, ada: str) -> None:
    press = runs.press_train(ada, SLOW)
    runs.stop(press)
    assert status(database, press) == "stopped"
    assert runs.look(press).state == "stopped"
    assert worker.pull("here") == 0


def test_a_paused_run_gives_its_worker_to_those_who_wait(
    database: Database, ada: str, ben: str, workers: BackgroundWorkers
) -> None:
    held = runs.press_train(ada, SLOW)
    workers.work()
    until(held, lambda view: view.updates_done >= 2)
    runs.pause(held)
    seen = runs.look(held).updates_done
    other = runs.press_train(ben, counting_config(updates=3))
    until(other, lambda view: view.state == "finished")
    workers.join()
    assert status(database, held) == "parked"
    runs.resume(held)
    assert status(database, held) == "queued"
    runs.skip_to_end(held)
    workers.work()
    ended = until(held, lambda view: view.state == "finished")
    assert seen < 40
    assert [event for _, event in ended.events] == list(train(parse_config(SLOW)))
    assert not ended.restarted


def test_one_who_joins_late_watches_from_the_beginning(
    ada: str, ben: str, workers: BackgroundWorkers
) -> None:
    hers = runs.press_train(ada, SLOW)
    workers.work()
    until(hers, lambda view: view.updates_done >= 20)
    his = runs.press_train(ben, SLOW)
    assert runs.look(his).updates_done <= 3
    runs.skip_to_end(his)
    assert runs.look(his).updates_done >= 20


def test_runs_are_listed_once_newest_first(ada: str) -> None:
    old = runs.press_train(ada, counting_config(seed=1), "first-day")
    worker.pull("here")
    new = runs.press_train(ada, counting_config(seed=2))
    again = runs.press_train(ada, counting_config(seed=1), "first-day")
    assert old != again
    assert [row.press_id for row in runs.runs_of(ada)] == [again, new]
    assert runs.latest_press(ada, "first-day") == again
    assert runs.latest_press(ada, None) == new
    assert runs.latest_press(ada, "elsewhere") is None


def test_a_link_may_be_short(ada: str) -> None:
    press = runs.press_train(ada, counting_config())
    worker.pull("here")
    address = runs.look(press).address
    assert runs.record_of(address[:10]).config == parse_config(counting_config())
    assert len(runs.events_of(address[:10])) == 12


@pytest.mark.parametrize("address", ["", "abc", "0" * 64, "%" * 12, "'; DROP TABLE run", "é" * 12])
def test_an_unknown_run_is_a_sentence(ada: str, address: str) -> None:
    with pytest.raises(UnknownRun, match="no such run"):
        runs.record_of(address)
    with pytest.raises(UnknownRun):
        runs.events_of(address)


def test_an_unknown_press_is_a_sentence(ada: str) -> None:
    for change in (runs.look, runs.pause, runs.resume, runs.step, runs.stop, runs.skip_to_end):
        with pytest.raises(UnknownRun):
            change("nobody pressed this")


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"updates": 0}, "updates"),
        ({"updates": 10**9}, "updates"),
        ({"seed": -1}, "seed"),
        ({"reward": "delivred"}, "delivred"),
        ({"reward": "x" * 10_000}, "reward"),
        ({"unheard": 1}, "unheard"),
        ({"algorithm": "magic"}, "magic"),
        ({"world": {"world": "moon"}}, "moon"),
    ],
)
def test_a_forged_config_is_refused_in_one_sentence(ada: str, change: dict, named: str) -> None:
    with pytest.raises(RefusedConfig) as refusal:
        runs.press_train(ada, counting_config(**change))
    assert named in refusal.value.problem
    assert runs.runs_of(ada) == []


@pytest.mark.parametrize("pace", [0.0, -1.0, 1e9, float("nan")])
def test_an_impossible_pace_is_refused(ada: str, pace: float) -> None:
    with pytest.raises(RefusedConfig, match="speed"):
        runs.press_train(ada, counting_config(), pace=pace)


def test_a_learner_who_does_not_exist_cannot_press(database: Database) -> None:
    with pytest.raises(BackendError, match="not known"):
        runs.press_train("nobody", counting_config())


def test_talk_needs_an_update_that_exists_and_a_worker(ada: str) -> None:
    address = runs.look(runs.press_train(ada, counting_config())).address
    with pytest.raises(NothingToTalkTo):
        runs.talk(address, 0, "where is the pharmacy ?")
    worker.pull("here")
    with pytest.raises(NothingToTalkTo):
        runs.talk(address, 11, "where is the pharmacy ?")
    with pytest.raises(WorkersNotReady):
        runs.talk(address, 10, "where is the pharmacy ?")


def test_pages_do_not_load_torch() -> None:
    import subprocess

    code = "import sys, backend.runs, backend.learners, backend.cluster, backend.worker; "
    code += "assert not {'torch', 'distributed', 'alembic'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


# Another run instead, which is equal up to an update.


def test_another_run_goes_on_where_the_old_one_was_seen(
    database: Database, ada: str, workers: BackgroundWorkers
) -> None:
    old = runs.press_train(ada, counting_config(updates=400, milliseconds=5), "first-day")
    workers.work()
    until(old, lambda view: view.updates_done >= 5)
    runs.set_pace(old, 0.5)
    shown = runs.look(old).updates_done
    new = runs.press_instead(old, counting_config(updates=300, milliseconds=5), shown)
    # At this pace the updates before would take many seconds, were they not made at once.
    view = until(new, lambda view: view.updates_done > shown)
    assert [seq for seq, _ in view.events] == list(range(shown + 2))
    assert (view.pace, view.chapter_id) == (0.5, "first-day")
    before = runs.look(old)
    assert before.state == "stopped" and before.updates_done >= shown
    runs.stop(new)


def test_another_run_keeps_the_pause(ada: str, workers: BackgroundWorkers) -> None:
    old = runs.press_train(ada, SLOW)
    workers.work()
    until(old, lambda view: view.updates_done >= 3)
    runs.pause(old)
    shown = runs.look(old).updates_done
    new = runs.press_instead(old, counting_config(updates=60, milliseconds=1), shown)
    view = until(new, lambda view: view.updates_done == shown)
    assert view.state == "paused"
    runs.step(new)
    until(new, lambda view: view.updates_done == shown + 1)
    runs.stop(new)


def test_another_run_of_bad_settings_leaves_the_old_one_on(ada: str) -> None:
    old = runs.press_train(ada, SLOW)
    with pytest.raises(RefusedConfig):
        runs.press_instead(old, {"algorithm": "none"}, 3)
    assert runs.look(old).state == "queued"
