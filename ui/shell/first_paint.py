"""Put the style sheet into the page that the browser loads first, so that nothing moves when the app arrives."""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.shell import theme


class StyleSheet:
    """A middleware in front of Streamlit's server.

    An element of the app can bring a style sheet only after the app has been drawn without it once.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on, HTML with the style sheet at the end of its body, behind Streamlit's own styles."""
        if scope["type"] != "http" or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        # A page that is compressed, or answered with "not modified", could not be added to.
        headers = [pair for pair in scope["headers"] if pair[0] not in (b"accept-encoding", b"if-none-match")]
        wants_page = any(name == b"accept" and b"text/html" in value for name, value in scope["headers"])
        styled = _Styled(send) if wants_page else None
        await self._app({**scope, "headers": headers} if styled else scope, receive, styled or send)


class _Styled:
    """Sends on what it is given, HTML as a whole and with the style sheet."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._start: Message | None = None
        self._body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            if headers.get("content-type", "").startswith("text/html"):
                self._start = message
                return
        if self._start is None:
            await self._send(message)
            return
        self._body += message.get("body", b"")
        if message.get("more_body"):
            return
        page = self._body.replace(b"</body>", f"{theme.style_sheet()}</body>".encode(), 1)
        headers = MutableHeaders(scope=self._start)
        headers["content-length"] = str(len(page))
        del headers["etag"]
        await self._send(self._start)
        await self._send({"type": "http.response.body", "body": page})
