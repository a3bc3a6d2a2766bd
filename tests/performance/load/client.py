"""A reader without a browser: speaks Streamlit's websocket protocol, opens pages, changes widgets, uploads files.

The messages are Streamlit's own protobuf classes, so the protocol is that of the installed version. Only what a reader
of this course does is spoken: open a page by its address, upload into its box, read what is shown.
"""

import asyncio
import http.cookiejar
import urllib.request
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect

MOST_SECONDS = 120
"""A reader who has waited for so long has met an error."""


@dataclass
class Shown:
    """What one run of a page sent: its elements by place, and how the run ended."""

    session: str = ""
    elements: dict[tuple[int, ...], Any] = field(default_factory=dict)
    finished: bool = False

    def text(self) -> str:
        """All words on the page."""
        parts = []
        for element in self.elements.values():
            one = getattr(element, element.WhichOneof("type"))
            parts += [str(getattr(one, name)) for name in ("body", "label", "caption") if hasattr(one, name)]
            if element.WhichOneof("type") == "imgs":
                parts += [image.caption for image in one.imgs]
        return "\n".join(parts)

    def of(self, kind: str) -> list[Any]:
        """The elements of a kind, as Streamlit's protocol names it."""
        return [getattr(element, kind) for element in self.elements.values() if element.WhichOneof("type") == kind]


class Reader:
    """One browser tab."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self.session = ""
        self._socket: ClientConnection | None = None
        self._jar = http.cookiejar.CookieJar()
        self._page = ""
        self._query = ""
        self._hashes: dict[str, str] = {}
        self._widgets: dict[str, WidgetState] = {}

    @property
    def cookies(self) -> dict[str, str]:
        """What the server has asked this reader to remember."""
        return {cookie.name: cookie.value or "" for cookie in self._jar}

    async def connect(self) -> None:
        """Loads the frame of the page for its cookies, then opens the socket; takes the session up again if it can."""
        await self._get("/")
        await self._get("/_stcore/health")
        protocols = ["streamlit", self.cookies.get("_streamlit_xsrf", "-"), *([self.session] if self.session else [])]
        parts = urlsplit(self.url)
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        self._socket = await connect(
            f"ws://{parts.netloc}/_stcore/stream",
            subprotocols=protocols,
            max_size=2**26,  # type: ignore[arg-type]
            additional_headers={"Cookie": cookies},
            origin=self.url,
            compression=None,
            proxy=None,  # type: ignore[arg-type]
            ping_interval=None,  # a busy machine answers late; MOST_SECONDS is the limit
        )

    async def close(self) -> None:
        """Closes the tab."""
        if self._socket is not None:
            await self._socket.close()
            self._socket = None

    async def open(self, page: str, **settings: str) -> Shown:
        """Opens a page by its name ("" is the front door), with settings as in its address."""
        self._page, self._query, self._widgets = page, urlencode(settings), {}
        return await self.rerun()

    async def rerun(self) -> Shown:
        """Runs the open page with its widgets as they stand."""
        message = BackMsg()
        client = message.rerun_script
        client.query_string = self._query
        client.page_script_hash = self._hashes.get(self._page, "")
        client.page_name = "" if client.page_script_hash else self._page
        client.widget_states.widgets.extend(self._widgets.values())
        client.context_info.url = f"{self.url}/{self._page}"
        await self._send(message)
        return await asyncio.wait_for(self._receive_run(), MOST_SECONDS)

    async def choose(self, shown: Shown, label: str, option: str) -> Shown:
        """Picks an option of a list that drops down."""
        (box,) = (one for one in shown.of("selectbox") if one.label == label)
        self._widgets[box.id] = WidgetState(id=box.id, string_value=option)
        return await self.rerun()

    async def send(self, states: Iterable[WidgetState]) -> Shown:
        """Send widgets and components these values."""
        self._widgets |= {state.id: state for state in states}
        return await self.rerun()

    async def send_bytes(self, data: bytes) -> None:
        """Send what is no message, and wait until the server has closed the connection."""
        assert self._socket is not None
        await self._socket.send(data)
        await asyncio.wait_for(self._socket.wait_closed(), MOST_SECONDS)

    async def upload(self, shown: Shown, *files: tuple[str, bytes]) -> Shown:
        """Puts files into the page's upload box and waits for what it makes of them."""
        boxes = shown.of("file_uploader")
        assert len(boxes) == 1, "the page has no box to upload into"
        (box,) = boxes
        state = WidgetState(id=box.id)
        for name, data in files:
            urls = await self.place_for(name)
            await asyncio.to_thread(self.put, urls.upload_url, name, data)
            state.file_uploader_state_value.uploaded_file_info.add(
                name=name, size=len(data), file_id=urls.file_id, file_urls=urls
            )
        self._widgets[box.id] = state
        return await self.rerun()

    def put(self, address: str, name: str, data: bytes) -> int:
        """Sends one file as the browser does; the status. Raises ``urllib.error.HTTPError`` for a refusal."""
        edge = uuid.uuid4().hex
        head = f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
        head += "Content-Type: application/octet-stream\r\n\r\n"
        body = head.encode() + data + f"\r\n--{edge}--\r\n".encode()
        headers = {
            "Content-Type": f"multipart/form-data; boundary={edge}",
            "X-Xsrftoken": self.cookies.get("_streamlit_xsrf", ""),
        }
        address = address if "://" in address else f"{self.url}/{address.lstrip('/')}"
        with self._opener().open(
            urllib.request.Request(address, body, headers, method="PUT"), timeout=MOST_SECONDS
        ) as answer:
            return int(answer.status)

    async def place_for(self, name: str) -> Any:
        """Where to put a file of this name: an address that holds for this session."""
        message = BackMsg()
        message.file_urls_request.request_id = uuid.uuid4().hex
        message.file_urls_request.file_names.append(name)
        message.file_urls_request.session_id = self.session
        await self._send(message)
        while True:
            answer = await asyncio.wait_for(self._receive(), MOST_SECONDS)
            if answer.WhichOneof("type") == "file_urls_response":
                return answer.file_urls_response.file_urls[0]

    async def _receive_run(self) -> Shown:
        shown = Shown()
        while not shown.finished:
            message = await self._receive()
            kind = message.WhichOneof("type")
            if kind == "new_session":
                shown = Shown(message.new_session.initialize.session_id)
                self.session = shown.session
            elif kind == "navigation":
                for page in message.navigation.app_pages:
                    self._hashes["" if page.is_default else page.url_pathname] = page.page_script_hash
            elif kind == "delta" and message.delta.WhichOneof("type") == "new_element":
                shown.elements[tuple(message.metadata.delta_path)] = message.delta.new_element
            elif kind == "script_finished":
                # Another run of the same page follows at once after a rerun that the page itself asked for.
                shown.finished = message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN
        return shown

    async def _receive(self) -> ForwardMsg:
        assert self._socket is not None
        message = ForwardMsg()
        message.ParseFromString(await self._socket.recv())  # type: ignore[arg-type]
        return message

    async def _send(self, message: BackMsg) -> None:
        assert self._socket is not None
        await self._socket.send(message.SerializeToString())

    async def _get(self, path: str) -> bytes:
        def get() -> bytes:
            with self._opener().open(f"{self.url}{path}", timeout=MOST_SECONDS) as answer:
                return bytes(answer.read())

        return await asyncio.to_thread(get)

    def _opener(self) -> urllib.request.OpenerDirector:
        return urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(self._jar)
        )
