// All layers of a network in a row, each as a small overview of its maps; a press opens one.

const component = { root: ".strip", receive };

function receive({ root: list, send }, data) {
  list.setAttribute("aria-label", data.label);
  const focused = list.getRootNode().activeElement?.dataset?.name;
  list.replaceChildren(
    ...data.layers.map((layer) => {
      const canvas = document.createElement("canvas");
      paint(canvas, layer, data.palettes[Number(layer.signed)]);
      const button = document.createElement("button");
      Object.assign(button, { type: "button", disabled: !data.open, onclick: () => send("layer", layer.name) });
      button.dataset.name = layer.name;
      if (data.current.includes(layer.name)) button.setAttribute("aria-current", "true");
      const [name, volume] = [document.createElement("strong"), document.createElement("span")];
      name.textContent = layer.title;
      volume.textContent = layer.volume;
      canvas.setAttribute("aria-hidden", "true");
      button.append(canvas, name, volume);
      const item = document.createElement("li");
      item.append(button);
      return item;
    }),
  );
  list.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  if (focused) list.querySelector(`[data-name="${focused}"]`)?.focus();
}
