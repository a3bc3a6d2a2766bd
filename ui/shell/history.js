// One entry of the browser's history for a page that is opened, also where its settings are restored into the address.
// Streamlit would push two: the page and then its settings, or first the settings, beside the page before. What a
// reader changes stays an entry of its own.
if (!window.oneEntryPerPage) {
  window.oneEntryPerPage = true;
  let opened = true; // a page was opened, and the reader has touched nothing since
  let early = null; // settings pushed since the reader's last touch
  const push = history.pushState.bind(history);
  for (const type of ["pointerdown", "keydown"]) {
    addEventListener(type, () => { opened = false; early = null; }, true);
  }
  history.pushState = (state, title, url) => {
    const { pathname, search } = new URL(url, location.href);
    const samePage = pathname === location.pathname;
    if (samePage ? opened : early && early === search) history.replaceState(state, title, url);
    else push(state, title, url);
    early = samePage ? search : null;
    opened ||= !samePage;
  };
}
