// A button that names a tab in data-tab opens it and brings it into sight.
if (!window.opensTabs) {
  window.opensTabs = true;
  addEventListener("click", (event) => {
    const name = event.target.closest?.("[data-tab]")?.dataset.tab;
    const tab = name && [...document.querySelectorAll("[role=tab]")].find((each) => each.textContent.trim() === name);
    if (!tab) return;
    tab.click();
    tab.focus({ preventScroll: true });
    tab.scrollIntoView({ block: "start" });
  });
}
