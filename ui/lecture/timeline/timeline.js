// Shows the milestone that is pressed, and writes it into the address.
const component = { root: ".timeline", receive };

function receive({ root }, data) {
  root.innerHTML = data.html;
  const each = (selector, act) => root.querySelectorAll(selector).forEach(act);
  const look = (name) => {
    each("button[data-look]", (button) => button.setAttribute("aria-pressed", button.dataset.look === name));
    each(".axis [data-look]", (mark) => mark.toggleAttribute("aria-current", mark.dataset.look === name));
    each("article", (story) => (story.hidden = story.dataset.story !== name));
  };
  if (!data.look) return;
  look(data.look);
  root.onclick = (event) => {
    const name = event.target.closest("button[data-look], circle[data-look]")?.dataset.look;
    if (!name) return;
    look(name);
    const url = new URL(location.href);
    url.searchParams.set("look", name);
    history.replaceState(history.state, "", url);
  };
  root.onkeydown = (event) => {
    const step = { ArrowLeft: "previousElementSibling", ArrowRight: "nextElementSibling" }[event.key];
    const next = event.target.closest("button")?.[step];
    next?.focus();
    next?.click();
  };
}
