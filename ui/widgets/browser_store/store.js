// Keep bytes in the browser under a name, so that other components read them without being sent them again.

const component = { root: "span", receive: store };

function store(_, { name, id, base64 }) {
  globalThis.storedBytes ??= new Map();
  if (globalThis.storedBytes.get(name)?.id === id) return;
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0)).buffer;
  globalThis.storedBytes.set(name, { id, bytes });
  dispatchEvent(new CustomEvent("bytes-stored", { detail: name }));
}
