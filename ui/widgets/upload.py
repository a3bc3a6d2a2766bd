"""Which film: one tray for the session with the built-in films and the reader's own, the same on every page.

Imports no torch. The reader's files are kept in the session's memory until they are removed or the session ends; they
have no name in the address bar but their number, which means nothing to anybody else.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile
from typing_extensions import override

from cnn.errors import UserError
from cnn.imaging import decoding_budget
from cnn.imaging.radiograph import Radiograph, display_name, read_radiograph, shrunk
from cnn.imaging.samples.built_in import Sample
from cnn.imaging.samples.real_films import GALLERY, REAL_FILMS
from cnn.models.allocator import give_back
from ui.shell import address, upload_limits
from ui.shell.fields import Choice
from ui.shell.session_data import drop_with_page
from ui.shell.text import plain
from ui.widgets.film_gallery import OwnThumbnail, show_film_gallery, thumbnail_url

MAX_FILES = 24
MAX_TRAY_BYTES = 80 * 2**20
"""Files, and bytes of them, that a session keeps."""
MAX_REASONS = MAX_FILES
"""Files of an upload for which the reason why they were not taken is shown."""
KEPT_PIXELS = 4_000_000
"""Most pixels of a film that a session keeps: 16 MB."""
OPENING_FILM = next(film for film in REAL_FILMS if film.label == "PNEUMONIA").title
"""The film that pages open with: one that the networks were made for."""
KEPT = "PNG, JPEG or DICOM, kept in memory only, on every page, until you remove it or close the tab."
_TRAY, _CURRENT = "upload.tray", "upload.current"


class FilmField(Choice[str]):
    """The name of a film; that of one's own is gone with the session that had it."""

    @override
    def error(self, expected: str, text: str) -> UserError:
        gone = " (your own films are kept until the page is loaded again)" if text.startswith("own ") else ""
        return UserError(f"{self.label} must be {expected}, not %s{gone}.", text)


FILM = FilmField("film", "Film", OPENING_FILM, options=tuple(sample.title for sample in GALLERY))
"""The film of the tray that the reader looks at; one of their own is an option too while it is there."""
_READ_KEY = drop_with_page("upload.read")


@dataclass(frozen=True)
class FilmChoice:
    """A file that was chosen and not yet read.

    Attributes:
        key: Differs where the bytes differ.
        name: The name that the reader sees.
        read: Returns the bytes and the file name.
        sample: The sample, unless the file was uploaded.
        uploaded: Whether the file is the reader's own.
        thumbnail: Data URL of a small picture of the reader's own file.
    """

    key: str
    name: str
    read: Callable[[], tuple[bytes, str]] = field(repr=False)
    sample: Sample | None = None
    uploaded: bool = False
    thumbnail: str = field(default="", repr=False, compare=False)


@dataclass
class Tray:
    """The reader's own films by their name in the address bar.

    Attributes:
        films: In the order of arrival.
        size: Bytes of all files together.
        arrived: How many films have ever arrived, so that no number is used twice.
        uploads: How many times the upload box was used: each time it starts again, empty.
        refused: Why files of the last upload could not be taken.
        file_ids: Streamlit's names of files that have arrived, so that none is taken twice.
    """

    films: dict[str, FilmChoice] = field(default_factory=dict)
    size: int = 0
    arrived: int = 0
    uploads: int = 0
    refused: list[str] = field(default_factory=list)
    file_ids: set[str] = field(default_factory=set)

    def add(self, data: bytes, name: str) -> str | None:
        """Take a file in, and return its name in the address bar; None where it cannot be read or does not fit."""
        shown = display_name(name)
        if len(self.films) >= MAX_FILES or self.size + len(data) > MAX_TRAY_BYTES:
            limit = f"{MAX_FILES} films or {MAX_TRAY_BYTES // 2**20} MB"
            self.refused.append(f"“{shown}” was left out: at most {limit} are kept. Remove films first.")
            return None
        try:
            with memory_for(data):
                radiograph = read_radiograph(data, name)
                thumbnail = thumbnail_url(radiograph.pixels)
        except UserError as error:
            self.refused.append(" ".join((str(error), *getattr(error, "notes", ()))))
            return None
        self.arrived += 1
        self.size += len(data)
        upload_limits.hold(self.size)
        key = f"own {self.arrived}"
        read = partial(_stored, data, name)
        self.films[key] = FilmChoice(key, shown, read, uploaded=True, thumbnail=thumbnail)
        forget_radiograph()
        if radiograph.pixels.size <= KEPT_PIXELS:
            st.session_state[_READ_KEY] = key, radiograph
        return key

    def remove(self, key: str | None) -> None:
        """Remove one film, or all of them."""
        for gone in [key] if key else list(self.films):
            if choice := self.films.pop(gone, None):
                self.size -= len(choice.read()[0])
        upload_limits.hold(self.size)
        forget_radiograph()


def tray() -> Tray:
    """Return the tray of this session."""
    kept: Tray = st.session_state.setdefault(_TRAY, Tray())
    return kept


def own_films() -> list[FilmChoice]:
    """Return the reader's own films."""
    return list(tray().films.values())


def choose_film() -> FilmChoice:
    """Show the upload box and the gallery, and return the film of the tray that the reader looks at."""
    choice = current_film()
    with st.container(key="film_tray", gap="xsmall"):
        add_films()
        thumbnails = [OwnThumbnail(film.key, film.name, film.thumbnail) for film in own_films()]
        show_film_gallery(choice.key, thumbnails, on_choose=choose, on_remove=_remove)
    return choice


def current_film() -> FilmChoice:
    """Return the film that the reader looks at: that of the link, else the one of the page before."""
    samples = {sample.title: sample for sample in GALLERY}
    options = (*samples, *tray().films)
    film = FilmField(FILM.name, FILM.label, FILM.default, options)
    arrives = film.name not in address.fields() and address.text(film) is None and not address.came_by_history()
    address.key(film)
    before = st.session_state.get(_CURRENT)
    if arrives and before in options:
        st.session_state[FILM.name] = before
        address.write()
    name = st.session_state[_CURRENT] = st.session_state[FILM.name]
    if name in samples:
        return choice_of(samples[name])
    return tray().films[name]


def choice_of(sample: Sample) -> FilmChoice:
    """Return the choice of a built-in film."""
    return FilmChoice(sample.key, sample.title, sample.read, sample)


def choose(key: str) -> None:
    """Show the film of this key, from a callback."""
    titles = {sample.key: sample.title for sample in GALLERY}
    st.session_state[FILM.name] = titles.get(key, key)
    tray().refused.clear()


def kept_radiograph(choice: FilmChoice) -> Radiograph | None:
    """Return the radiograph of a choice if it is the last one that was read on this page."""
    kept: tuple[str, Radiograph | None] = st.session_state.get(_READ_KEY, ("", None))
    return kept[1] if kept[0] == choice.key else None


def choose_radiograph() -> Radiograph:
    """Show the tray and return the radiograph that the reader looks at, read once.

    Of a large one, blocks of 2 x 2 pixels or more are averaged, until it has at most ``KEPT_PIXELS``.

    Raises:
        UserError: The file is no image that can be read, or too many readers wait for the memory to read theirs.
    """
    choice = choose_film()
    radiograph = kept_radiograph(choice)
    if radiograph is None:
        data, name = choice.read()
        with memory_for(data):
            radiograph = shrunk(read_radiograph(data, name), KEPT_PIXELS)
        st.session_state[_READ_KEY] = choice.key, radiograph
    return radiograph


@contextmanager
def memory_for(data: bytes) -> Iterator[None]:
    """Wait for the memory that decoding ``data`` takes, and tell the reader's place in line; return it afterwards.

    Raises:
        Busy: Too many others wait.
    """
    slots: list[DeltaGenerator] = []  # in a callback a place shifts the whole page, so none is made without need

    def report(position: int) -> None:
        if not slots:
            slots.append(st.empty())
        slots[0].info(f"Other readers' large films are being read. You are number {position} in line.")

    with decoding_budget.reserve(data, report) as size:
        for slot in slots:
            slot.empty()
        yield
    if size > decoding_budget.COMMON_BYTES:
        give_back()


def forget_radiograph() -> None:
    """Free the radiograph that was read last."""
    st.session_state.pop(_READ_KEY, None)


def add_films() -> None:
    """Show Streamlit's upload box, always empty, for what it takes goes to the tray; and why a file was not taken."""
    key = f"files {tray().uploads}"
    label = "Your own film: drop it anywhere on the page, paste it, or"
    upload_limits.show_file_box(label, accept_multiple_files=True, key=key, on_change=_take, args=(key,))
    st.caption(KEPT)
    refused = tray().refused
    for sentence in refused[:MAX_REASONS]:
        st.error(plain(sentence))
    if len(refused) > MAX_REASONS:
        st.error(f"{len(refused) - MAX_REASONS} more files were not taken.")


def _take(key: str) -> None:
    """Move the files of the upload box to the tray and show the first of them."""
    context, own = get_script_run_ctx(), tray()
    own.refused.clear()
    own.uploads += 1
    taken = []
    files: list[UploadedFile] = st.session_state[key]
    for file in files:
        if file.file_id not in own.file_ids:
            own.file_ids.add(file.file_id)
            taken.append(own.add(file.getvalue(), file.name))
        if context is not None and isinstance(context.uploaded_file_mgr, MemoryUploadedFileManager):
            context.uploaded_file_mgr.remove_file(context.session_id, file.file_id)
    if shown := next(filter(None, taken), None):
        st.session_state[FILM.name] = shown


def _remove(key: str | None) -> None:
    """Remove one of the reader's films, or all; where it was the one shown, another is shown."""
    tray().remove(key)
    if st.session_state[FILM.name] not in (*tray().films, *(sample.title for sample in GALLERY)):
        st.session_state[FILM.name] = next(iter(tray().films), OPENING_FILM)


def _stored(data: bytes, name: str) -> tuple[bytes, str]:
    return data, name
