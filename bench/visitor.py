"""Somebody at a page without a browser: the page's own session, over its own connection.

Twenty browsers on the cores of the server would measure the browsers. A visitor sends what a
browser sends (a page's address, pressed buttons, filled fields) and reads what the server draws.
"""

import time
import urllib.request
from collections.abc import Callable
from urllib.parse import urlencode

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Delta_pb2 import Delta
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates
from websockets.sync.client import connect
from websockets.typing import Subprotocol

LONGEST_WAIT = 300.0  # seconds


class Visitor:
    """One page of one learner."""

    def __init__(self, url: str, page: str, **query: str) -> None:
        """Open a page and wait until it is drawn."""
        with urllib.request.urlopen(f"{url}/{page}") as answer:
            cookie = answer.headers["Set-Cookie"].split(";")[0]
        self.page = page  # its name, until the server has said by which hash it knows it
        self.page_hash = ""
        self.query = urlencode(query)
        self.drawn: set[str] = set()  # names of what was ever drawn
        self.elements: dict[str, str] = {}  # what can be pressed or filled: name -> id
        self.fields: dict[str, str] = {}
        self.ticks: dict[str, float] = {}  # parts of the page that draw themselves again: seconds
        self.next_tick: dict[str, float] = {}
        self.socket = connect(
            url.replace("http", "ws", 1) + "/_stcore/stream",
            subprotocols=[Subprotocol("streamlit")],
            additional_headers={"Cookie": cookie},
            max_size=None,
        )
        self._ask(WidgetStates())
        self.until_drawn()

    def press(self, button: str) -> None:
        """Press a button; what it leads to is not waited for."""
        self._ask(self._states(WidgetState(id=self.elements[button], trigger_value=True)))

    def fill(self, field: str, text: str) -> None:
        """Fill a field, and wait until the page is drawn."""
        self.fields[field] = text
        self._ask(self._states())
        self.until_drawn()

    def until_drawn(self) -> None:
        """Wait until the page has been drawn to its end."""
        self._read(
            lambda message: (
                message.WhichOneof("type") == "script_finished"
                and message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY
            )
        )

    def until(self, *names: str) -> float:
        """Wait until one of these is drawn; when it was, on the clock of `perf_counter`."""
        self.drawn.clear()
        self._read(lambda _: not self.drawn.isdisjoint(names))
        return time.perf_counter()

    def close(self) -> None:
        """Leave the page."""
        self.socket.close()

    def _states(self, *pressed: WidgetState) -> WidgetStates:
        filled = [
            WidgetState(id=self.elements[field], string_value=text)
            for field, text in self.fields.items()
        ]
        return WidgetStates(widgets=[*filled, *pressed])

    def _ask(self, states: WidgetStates, part: str = "") -> None:
        message = BackMsg()
        asked = message.rerun_script
        asked.query_string = self.query
        asked.page_name = "" if self.page_hash else self.page
        asked.page_script_hash = self.page_hash
        asked.fragment_id, asked.is_auto_rerun = part, bool(part)
        asked.widget_states.CopyFrom(states)
        self.socket.send(message.SerializeToString())

    def _read(self, is_enough: Callable[[ForwardMsg], bool]) -> None:
        limit = time.perf_counter() + LONGEST_WAIT
        while time.perf_counter() < limit:
            self._tick()
            try:
                received = self.socket.recv(timeout=0.05)
            except TimeoutError:
                continue
            assert isinstance(received, bytes)
            message = ForwardMsg()
            message.ParseFromString(received)
            self._note(message)
            if is_enough(message):
                return
        raise TimeoutError(f"The page said nothing of it; it drew {sorted(self.drawn)}.")

    def _tick(self) -> None:
        now = time.perf_counter()
        for part, seconds in self.ticks.items():
            if now >= self.next_tick[part]:
                self.next_tick[part] = now + seconds
                self._ask(self._states(), part)

    def _note(self, message: ForwardMsg) -> None:
        match message.WhichOneof("type"):
            case "delta":
                self._draw(message.delta)
            case "new_session":
                if not message.metadata.run.fragment_ids:  # the whole page is drawn anew
                    self.ticks.clear()
            case "navigation":
                self.page_hash = message.navigation.page_script_hash
            case "page_info_changed":
                self.query = message.page_info_changed.query_string
            case "auto_rerun":
                part, seconds = message.auto_rerun.fragment_id, message.auto_rerun.interval
                self.ticks[part] = seconds
                self.next_tick[part] = time.perf_counter() + seconds
            case _:
                pass

    def _draw(self, delta: Delta) -> None:
        element = delta.new_element
        kind = element.WhichOneof("type")
        if kind in ("button", "text_area", "text_input"):
            part = getattr(element, kind)
            self.elements[part.label] = part.id
            self.drawn.add(part.label)
        elif kind == "plotly_chart":
            self.drawn.add("chart")
