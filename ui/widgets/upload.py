"""Which picture: a built-in one, the reader's own files, or real test films fetched on request. Imports no torch."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from cnn.errors import UserError
from cnn.imaging.samples.built_in import SAMPLES, Sample

BUILT_IN, OWN, FETCHED = "Built-in films", "My own files", "Real test films"
MOST_FILES = 24
_FETCHED_KEY = "upload.fetched"


@dataclass(frozen=True)
class Offer:
    """One picture to be read. ``key`` differs where the bytes differ; ``own`` marks the reader's own files."""

    key: str
    name: str
    read: Callable[[], tuple[bytes, str]]
    sample: Sample | None = None
    own: bool = False


def choose() -> list[Offer]:
    """Widgets to choose by; what is chosen, which is nothing as long as nothing was uploaded or fetched."""
    where, what = st.columns([2, 3])
    with where:
        source = st.selectbox("Picture from", (BUILT_IN, OWN, FETCHED), key="source", bind="query-params")
    with what:
        if source == OWN:
            return own()
        if source == FETCHED:
            return _from_samples(fetched(), key="test-film")
        return _from_samples(SAMPLES, key="film")


def own() -> list[Offer]:
    """The reader's own files."""
    files = st.file_uploader(
        "PNG, JPEG or DICOM; kept in memory only",
        accept_multiple_files=True,
        key="files",
    )
    if len(files) > MOST_FILES:
        st.warning(f"At most {MOST_FILES} files are read at a time: the other {len(files) - MOST_FILES} are left out.")
    return [Offer(file.file_id, file.name, partial(_bytes, file), own=True) for file in files[:MOST_FILES]]


def _bytes(file: UploadedFile) -> tuple[bytes, str]:
    return file.getvalue(), file.name


def _from_samples(samples: tuple[Sample, ...], key: str) -> list[Offer]:
    if not samples:
        return []
    titles = [sample.title for sample in samples]
    title = st.selectbox("Film", titles, key=key, bind="query-params")
    sample = samples[titles.index(title)]
    return [Offer(sample.key, sample.title, sample.read, sample)]


def fetched() -> tuple[Sample, ...]:
    """Test films that this reader has fetched; a button to fetch them, where there are none."""
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
            st.info(str(error))
            return ()
        st.rerun()
    return ()
