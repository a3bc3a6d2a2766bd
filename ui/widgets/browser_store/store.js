// Keep bytes in the browser under a name, so that other components read them without being sent them again.

function component({ data }) {
  globalThis.storedBytes ??= new Map();
  if (globalThis.storedBytes.get(data.name)?.id === data.id) return;
  const bytes = Uint8Array.from(atob(data.base64), (letter) => letter.charCodeAt(0)).buffer;
  globalThis.storedBytes.set(data.name, { id: data.id, bytes });
  dispatchEvent(new CustomEvent("bytes-stored", { detail: data.name }));
}
