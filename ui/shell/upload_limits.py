"""Weigh uploads before they are read: Streamlit takes any number of files from any open session.

A middleware in front of Streamlit's own server. A file is refused, with one sentence, where its session's page has no
box for it, or where the bytes that the session, its address or all sessions hold and are sending would exceed a limit.
"""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import streamlit as st
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

MIB = 2**20
SESSION_BYTES = 120 * MIB
"""What one session may hold: a full tray, and one file that arrives."""
ADDRESS_BYTES = 150 * MIB
"""What all sessions of one address may hold; of an IPv6 address, its /64."""
ALL_BYTES = 400 * MIB
"""What all sessions may hold; tests/repo/test_deployment.py holds it below the container's memory."""

FILE_BYTES = 64 * 1024
"""What a file counts beside its bytes, so that nobody keeps a million empty ones."""

_UPLOADS, _MEDIA = "/_stcore/upload_file/", "/media/"
_sessions_with_box: set[str] = set()
_trays: dict[str, int] = {}
"""Bytes that each session holds beside what Streamlit keeps for it."""


def show_file_box(label: str, **options: Any) -> Any:
    """Show Streamlit's upload box, and let the session upload files until it opens another page; return its value."""
    context = get_script_run_ctx()
    if context is not None:
        _sessions_with_box.add(context.session_id)
    return st.file_uploader(label, **options)


def close_box(session_id: str) -> None:
    """Refuse further files of a session."""
    _sessions_with_box.discard(session_id)


def hold(size: int) -> None:
    """Count ``size`` bytes for the session whose page runs, in place of what was counted before."""
    context = get_script_run_ctx()
    if context is not None:
        _trays[context.session_id] = size


def forget(session_id: str) -> None:
    """Count nothing for a session that has ended, and refuse its files."""
    close_box(session_id)
    _trays.pop(session_id, None)


@dataclass(frozen=True)
class _Sending:
    """An upload that is arriving."""

    session_id: str
    address: str
    size: int


class UploadLimits:
    """The middleware; one for each server."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._sending: list[_Sending] = []
        self._addresses: dict[str, str] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer an upload that is too much, and pass everything else on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif _UPLOADS in scope["path"] and scope["method"] == "PUT":
            await self._weigh(scope, receive, send)
        elif _MEDIA in scope["path"]:
            await self._app(scope, receive, _unstored(send))
        else:
            await self._app(scope, receive, send)

    async def _weigh(self, scope: Scope, receive: Receive, send: Send) -> None:
        session_id = scope["path"].split(_UPLOADS)[1].partition("/")[0]
        size = Headers(scope=scope).get("content-length", "")
        if not size.isdecimal():
            await PlainTextResponse("Say how long the file is.", 411)(scope, receive, send)
            return
        upload = _Sending(session_id, _network(scope), int(size) + FILE_BYTES)
        refusal = self._refusal(upload)
        if refusal is not None:
            await _read_away(receive)
            await refusal(scope, receive, send)
            return
        self._sending.append(upload)
        self._addresses[session_id] = upload.address
        try:
            await self._app(scope, receive, send)
        finally:
            self._sending.remove(upload)

    def _refusal(self, upload: _Sending) -> PlainTextResponse | None:
        held = _held_bytes()
        present = {*held, *(part.session_id for part in self._sending)}
        self._addresses = {session: address for session, address in self._addresses.items() if session in present}
        parts = [_Sending(session, self._addresses.get(session, ""), size) for session, size in held.items()]
        parts += [*self._sending, upload]
        if upload.session_id not in _sessions_with_box:
            return PlainTextResponse("This page takes no files: open it again and choose the file in its box.", 403)
        if _sum(part for part in parts if part.session_id == upload.session_id) > SESSION_BYTES:
            sentence = f"Your files have more than {SESSION_BYTES // MIB} MB together: remove some first."
            return PlainTextResponse(sentence, 429)
        if _sum(part for part in parts if part.address == upload.address) > ADDRESS_BYTES:
            sentence = "The files that were sent from your network are as many as one network may hold here"
            return PlainTextResponse(f"{sentence}: try again when others have left the page.", 429)
        if _sum(parts) > ALL_BYTES:
            return PlainTextResponse("The server's memory for files is full: try again in a few minutes.", 507)
        return None


def _sum(parts: Iterable[_Sending]) -> int:
    return sum(part.size for part in parts)


def _held_bytes() -> dict[str, int]:
    """Return the bytes of the files that each session holds."""
    held = dict(_trays)
    storage = runtime.get_instance().uploaded_file_mgr.file_storage  # type: ignore[attr-defined]
    for session, files in list(storage.items()):
        held[session] = held.get(session, 0) + sum(len(file.data) + FILE_BYTES for file in list(files.values()))
    return held


def _network(scope: Scope) -> str:
    """Return the reader's address, or the /64 of an IPv6 address, all of which one reader has."""
    host = (scope.get("client") or ("",))[0]
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return str(host)
    return str(ipaddress.ip_network(f"{address}/64", strict=False)) if address.version == 6 else str(address)


async def _read_away(receive: Receive) -> None:
    """Read a body and keep nothing: who still sends when the answer comes takes it for a broken connection."""
    while (await receive()).get("more_body"):
        pass


def _unstored(send: Send) -> Send:
    """Have no browser or proxy keep what is sent: pictures of a reader's films have no other lock than their name."""

    async def send_unstored(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message)["Cache-Control"] = "private, no-store"
        await send(message)

    return send_unstored
