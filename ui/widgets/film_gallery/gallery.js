// Thumbnails to choose a film by. What is dropped on the page, pasted or photographed goes to Streamlit's upload box.

const ALL = "All",
  MINE = "Mine";

const component = { root: ".gallery", open, receive, close: (gallery) => gallery.stop() };

function open(root) {
  return { find: (selector) => root.querySelector(selector), group: ALL, labels: false, stop: listen(root) };
}

function receive(gallery, data) {
  const { find, send } = gallery;
  gallery.draw = () => draw(gallery, data);
  find(".labels input").checked = gallery.labels;
  find(".labels input").onchange = (event) => {
    gallery.labels = event.target.checked;
    gallery.draw();
  };
  find(".camera").hidden = !matchMedia("(pointer: coarse)").matches;
  find(".camera").onclick = photograph;
  find(".clear").onclick = () => send("remove", "");
  gallery.draw();
}

function draw(gallery, data) {
  const { find } = gallery;
  const own = data.own.map((film) => ({ ...film, group: MINE, label: "" }));
  const all = [...own, ...data.films];
  const groups = [ALL, ...new Set(all.map((film) => film.group))];
  if (!groups.includes(gallery.group)) gallery.group = ALL;
  find(".groups").replaceChildren(
    ...groups.map((group) => {
      const button = Object.assign(document.createElement("button"), { type: "button" });
      button.textContent = `${group} ${group === ALL ? all.length : all.filter((film) => film.group === group).length}`;
      button.setAttribute("aria-pressed", String(group === gallery.group));
      button.onclick = () => {
        gallery.group = group;
        gallery.draw();
      };
      return button;
    }),
  );
  find(".clear").hidden = !own.length;
  const list = find(".films");
  const focused = list.getRootNode().activeElement?.dataset?.key;
  list.replaceChildren(
    ...all
      .filter((film) => gallery.group === ALL || film.group === gallery.group)
      .map((film) => tile(film, data, gallery)),
  );
  const buttons = [...list.querySelectorAll(".film")];
  const current = buttons.find((button) => button.dataset.key === data.current);
  (current ?? buttons[0])?.setAttribute("tabindex", "0");
  if (gallery.current !== data.current && current) {
    list.scrollTop = current.offsetTop - list.offsetTop - 90; // not scrollIntoView, which would move the page
    gallery.current = data.current;
  }
  list.onkeydown = (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const next = step && buttons[buttons.indexOf(list.getRootNode().activeElement) + step];
    if (!next) return;
    event.preventDefault();
    next.focus();
  };
  if (focused) buttons.find((button) => button.dataset.key === focused)?.focus();
}

function tile(film, data, { labels, send }) {
  const element = (name, className, text = "") =>
    Object.assign(document.createElement(name), { className, textContent: text });
  const picture = element("span", "picture");
  const number = data.films.findIndex((other) => other.key === film.key);
  picture.style.backgroundImage = `url(${film.picture ?? data.sprite})`;
  if (number >= 0) {
    const [row, column] = [Math.floor(number / data.columns), number % data.columns];
    picture.style.backgroundPosition = `${-column * data.side}px ${-row * data.side}px`;
  }
  const button = element("button", "film");
  Object.assign(button, { type: "button", title: film.title, tabIndex: -1, onclick: () => send("choose", film.key) });
  button.dataset.key = film.key;
  button.setAttribute("role", "option");
  button.setAttribute("aria-selected", String(film.key === data.current));
  button.append(picture, element("span", "title", film.title));
  if (labels) button.append(element("span", `label ${film.label}`, film.label || "no label"));
  const whole = element("div", "tile");
  whole.append(button);
  if (film.group === MINE) {
    const remove = element("button", "remove", "×");
    Object.assign(remove, { type: "button", title: `Remove ${film.title}`, onclick: () => send("remove", film.key) });
    remove.setAttribute("aria-label", `Remove ${film.title}`);
    whole.append(remove);
  }
  return whole;
}

// Hand files to the page's upload box as if they had been chosen there.
function upload(files) {
  const box = document.querySelector("[data-testid=stFileUploader] input[type=file]");
  if (!box || !files.length) return;
  const transfer = new DataTransfer();
  for (const file of files) transfer.items.add(file);
  box.files = transfer.files;
  box.dispatchEvent(new Event("change", { bubbles: true }));
}

function photograph() {
  const camera = Object.assign(document.createElement("input"), { type: "file", accept: "image/*" });
  camera.setAttribute("capture", "environment");
  camera.onchange = () => upload(camera.files);
  camera.click();
}

function listen(root) {
  const hint = Object.assign(document.createElement("div"), { className: "drop", textContent: "Drop the film here" });
  const holdsFiles = (event) => event.dataTransfer?.types.includes("Files");
  const over = (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    root.append(hint);
  };
  const leave = (event) => event.relatedTarget === null && hint.remove();
  const drop = (event) => {
    hint.remove();
    if (!holdsFiles(event) || event.target.closest?.("[data-testid=stFileUploader]")) return; // that box does it itself
    event.preventDefault();
    upload(event.dataTransfer.files);
  };
  const paste = (event) => event.clipboardData?.files.length && upload(event.clipboardData.files);
  const listeners = { dragover: over, dragleave: leave, drop, paste };
  for (const [name, listener] of Object.entries(listeners)) addEventListener(name, listener);
  return () => {
    hint.remove();
    for (const [name, listener] of Object.entries(listeners)) removeEventListener(name, listener);
  };
}
