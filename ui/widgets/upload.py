"""Which radiograph: a built-in one, the reader's own files, or real test films fetched on request. Imports no torch."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from cnn.errors import UserError
from cnn.imaging.radiograph import Radiograph, read_radiograph
from cnn.imaging.samples.built_in import SAMPLES, Sample
from ui.shell import address
from ui.shell.fields import Choice
from ui.shell.session_data import drop_with_page
from ui.shell.text import sentence_of

BUILT_IN, UPLOADED, FETCHED = "Built-in films", "My own files", "Real test films"
SOURCE = Choice("source", "Picture from", BUILT_IN, options=(BUILT_IN, UPLOADED, FETCHED))
MAX_FILES = 24
_FETCHED_KEY = "upload.fetched"
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
    """

    key: str
    name: str
    read: Callable[[], tuple[bytes, str]]
    sample: Sample | None = None
    uploaded: bool = False


def choose_films() -> list[FilmChoice]:
    """Show widgets to choose by and return the choice, which is empty until something is uploaded or fetched."""
    left, right = st.columns([2, 3])
    with left:
        source = st.selectbox(SOURCE.label, SOURCE.options, key=address.key(SOURCE))
    with right:
        # Out of sight, not left out: Streamlit forgets the files of a box that a run does not show.
        with st.container(key="files_shown" if source == UPLOADED else "files_hidden"):
            uploaded = upload_files()
        if source == UPLOADED:
            return uploaded
        if source == FETCHED:
            return _choose_sample(fetch_test_films(), key="test-film")
        return _choose_sample(SAMPLES, key="film")


def choose_radiograph() -> Radiograph | None:
    """Return the first radiograph of the choice, read once per visit of a page; None while nothing is chosen.

    Raises:
        UserError: The file is no image that can be read.
    """
    choices = choose_films()
    if not choices:
        return None
    kept: tuple[str, Radiograph | None] = st.session_state.get(_READ_KEY, ("", None))
    key, radiograph = kept
    if key != choices[0].key:
        radiograph = read_radiograph(*choices[0].read())
        st.session_state[_READ_KEY] = choices[0].key, radiograph
    return radiograph


def upload_files() -> list[FilmChoice]:
    """Show an upload box and return the reader's files, at most ``MAX_FILES``."""
    files = st.file_uploader("PNG, JPEG or DICOM; kept in memory only", accept_multiple_files=True, key="files")
    if len(files) > MAX_FILES:
        st.warning(f"At most {MAX_FILES} files are read at a time: the other {len(files) - MAX_FILES} are left out.")
    return [FilmChoice(file.file_id, file.name, partial(_read, file), uploaded=True) for file in files[:MAX_FILES]]


def _read(file: UploadedFile) -> tuple[bytes, str]:
    return file.getvalue(), file.name


def _choose_sample(samples: tuple[Sample, ...], key: str) -> list[FilmChoice]:
    if not samples:
        return []
    samples_by_title = {sample.title: sample for sample in samples}
    field = Choice(key, "Film", samples[0].title, options=tuple(samples_by_title))
    sample = samples_by_title[st.selectbox(field.label, field.options, key=address.key(field))]
    return [FilmChoice(sample.key, sample.title, sample.read, sample)]


def fetch_test_films() -> tuple[Sample, ...]:
    """Return the test films that this reader has fetched; where there are none, show a button to fetch them."""
    if _FETCHED_KEY in st.session_state:
        return tuple(st.session_state[_FETCHED_KEY])
    if st.button("Fetch real test films (a download of about 200 MB, once)"):
        from cnn.imaging.samples.download import fetch

        bar = st.progress(0.0, "Asking for PneumoniaMNIST …")

        def show(done: int, total: int) -> None:
            bar.progress(min(done / total, 1.0) if total else 0.0, f"{done / 2**20:.0f} MB have arrived")

        try:
            st.session_state[_FETCHED_KEY] = fetch(progress=show)
        except UserError as error:
            bar.empty()
            st.info(sentence_of(error))
            return ()
        st.rerun()
    return ()
