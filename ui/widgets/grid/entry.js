// One grid on its own. Only an edited number goes to Python ("edit"), because it makes a new example.

const views = new WeakMap(); // one view for each place on the page; it outlives a new example, so the step stays

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".grid");
  let view = views.get(root);
  if (!view) views.set(root, (view = open(root)));
  view.send = (edit) => setTriggerValue("edit", edit);
  receive(view, data);
  return () => {
    close(view);
    views.delete(root);
  };
}
