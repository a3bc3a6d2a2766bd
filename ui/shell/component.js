// Call `component` in the order of what the server has sent, and close it when it has left the page. Streamlit waits for
// the module at each call: calls that wait for its first load come in any order, and the clean-up of one that newer data
// has overtaken runs although the component lives on.
const newest = new WeakMap();

export default function (call) {
  const { data, parentElement } = call;
  if (data.sent < newest.get(parentElement)) return;
  newest.set(parentElement, data.sent);
  const close = component(call);
  return () => {
    if (!parentElement.isConnected) close?.();
  };
}
