// One grid on its own. Changed numbers go to Python ("change"), at rest; everything else stays in the browser.

const views = new WeakMap(); // one view for each place on the page; it outlives a new example, so the step stays

function component({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".grid");
  let view = views.get(root);
  if (!view) views.set(root, (view = open(root)));
  view.send = (change) => setTriggerValue("change", change);
  receive(view, data);
  return () => close(view);
}
