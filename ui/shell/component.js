// Open a component's view once for its place on the page, give it what the server has sent, in its order, and close it
// when it has left the page. Streamlit waits for the module at each call: calls that wait for its first load come in any
// order, and the clean-up of one that newer data has overtaken runs although the component lives on.
//
// `component` has the selector of its `root`, `receive(view, data)`, and, where it needs them, `open(root)`, which
// returns the view, and `close(view)`. A view outlives new data; `view.send(event, value)` tells Python.
const opened = new WeakMap();

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(component.root);
  if (!opened.has(root)) opened.set(root, { view: component.open?.(root) ?? { root } });
  const here = opened.get(root);
  if (!(data.sent < here.sent)) {
    here.sent = data.sent;
    here.view.send = setTriggerValue;
    component.receive(here.view, data);
  }
  return () => {
    if (!parentElement.isConnected) component.close?.(here.view);
  };
}
