// Layers in a row. What a reader does is sent as one message: {do, at, to, word}; parts are counted from 1.

const component = { root: ".strip", receive };

function receive(view, data) {
  const root = view.root,
    list = root.querySelector(".parts"),
    menu = root.querySelector(".menu");
  const send = (action, at, to = 0, word = "") => view.send("edit", { do: action, at, to, word });
  const focused = list.getRootNode().activeElement?.classList.contains("part");
  menu.hidden = true;
  const input = document.createElement("li"),
    volume = Object.assign(document.createElement("button"), { type: "button", textContent: data.input, className: "input" });
  if (!data.selected) volume.setAttribute("aria-current", "true");
  volume.onclick = () => send("select", 0);
  input.append(volume);
  const rows = data.parts.flatMap((text, index) => [adder(index), part(text, index + 1)]);
  list.replaceChildren(input, ...rows, adder(data.parts.length));
  for (const button of root.querySelectorAll("[data-do]")) {
    const action = button.dataset.do;
    button.disabled = action === "undo" ? !data.can[0] : action === "redo" ? !data.can[1] : !data.selected;
    button.onclick = () => send(action, data.selected);
  }
  root.onkeydown = (event) => {
    if ((event.ctrlKey || event.metaKey) && "zy".includes(event.key.toLowerCase())) {
      event.preventDefault();
      send(event.key.toLowerCase() === "y" || event.shiftKey ? "redo" : "undo", data.selected);
    } else if (event.key === "Escape") menu.hidden = true;
  };
  if (focused) list.querySelector("[aria-current]")?.focus();

  function adder(index) {
    const item = document.createElement("li"),
      button = Object.assign(document.createElement("button"), { type: "button", textContent: "+", className: "add" });
    button.setAttribute("aria-label", index ? `Add a layer after ${index}` : "Add a layer at the beginning");
    button.setAttribute("aria-haspopup", "menu");
    button.onclick = () => openMenu(button, index);
    item.append(button);
    return item;
  }

  function openMenu(button, index) {
    menu.replaceChildren(...data.words.map((word) => {
      const choice = Object.assign(document.createElement("button"), { type: "button", textContent: word });
      choice.setAttribute("role", "menuitem");
      choice.onclick = () => send("add", index, 0, word);
      return choice;
    }));
    menu.hidden = false;
    const frame = root.getBoundingClientRect(),
      place = button.getBoundingClientRect();
    menu.style.left = `${Math.max(0, Math.min(place.left - frame.left, frame.width - 190))}px`;
    const below = place.bottom + 4 + menu.offsetHeight <= innerHeight;
    menu.style.top = `${(below ? place.bottom + 4 : place.top - 4 - menu.offsetHeight) - frame.top}px`;
    menu.firstChild.focus();
  }

  function part(text, number) {
    const item = document.createElement("li"),
      button = Object.assign(document.createElement("button"), { type: "button", textContent: text, className: "part" });
    if (number === data.selected) button.setAttribute("aria-current", "true");
    if (number === data.broken) {
      button.classList.add("broken");
      button.title = "does not fit";
    }
    button.dataset.number = number;
    button.onclick = () => button.dragged || send("select", number);
    button.onkeydown = (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      const next = step && number + step >= 1 && number + step <= data.parts.length ? number + step : 0;
      if (next && event.altKey) send("move", number, next);
      else if (next) list.querySelector(`[data-number="${next}"]`).focus();
      else if (event.key === "Delete") send("remove", number);
      else return;
      event.preventDefault();
    };
    drag(button, number);
    item.append(button);
    return item;
  }

  function drag(button, number) {
    let start = null,
      middles = [];
    const target = (event) => {
      // the layer whose middle was nearest to the pointer when the drag began
      const far = ([x, y]) => Math.hypot(x - event.clientX, 3 * (y - event.clientY));
      return middles.reduce((best, each) => (far(each[0]) < far(best[0]) ? each : best))[1];
    };
    button.onpointerdown = (event) => {
      start = [event.clientX, event.clientY];
      button.dragged = false;
      middles = [...list.querySelectorAll(".part")].map((other) => {
        const box = other.getBoundingClientRect();
        return [[box.left + box.width / 2, box.top + box.height / 2], other];
      });
      button.setPointerCapture(event.pointerId);
    };
    button.onpointermove = (event) => {
      if (!start || (!button.dragged && Math.hypot(event.clientX - start[0], event.clientY - start[1]) < 6)) return;
      button.dragged = true;
      button.style.transform = `translate(${event.clientX - start[0]}px, ${event.clientY - start[1]}px)`;
      list.querySelectorAll(".over").forEach((other) => other.classList.remove("over"));
      target(event).classList.add("over");
    };
    button.onpointerup = button.onpointercancel = (event) => {
      const moved = start && button.dragged && event.type === "pointerup";
      const to = moved ? Number(target(event).dataset.number) : number;
      start = null;
      button.style.transform = "";
      list.querySelectorAll(".over").forEach((other) => other.classList.remove("over"));
      if (to !== number) send("move", number, to);
      setTimeout(() => (button.dragged = false));
    };
  }
}
