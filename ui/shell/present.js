// Present: the stage alone fills the screen. Figures that measure their room hear of it by the window's resize event.
if (!window.presents) {
  window.presents = true;
  const present = (on) => {
    document.body.classList.toggle("presenting", on);
    dispatchEvent(new Event("resize"));
    if (!on) return document.fullscreenElement && document.exitFullscreen();
    document.activeElement?.blur(); // the button goes out of sight, and the space bar must not press it again
    document.documentElement.requestFullscreen?.().catch(() => {}); // refused without harm: the stage fills the window
  };
  const leave = Object.assign(document.createElement("button"), { className: "leave", textContent: "Leave (Esc)" });
  leave.addEventListener("click", () => present(false));
  document.body.append(leave);
  addEventListener("click", (event) => event.target.closest?.("[data-present]") && present(true));
  addEventListener("keydown", (event) => event.key === "Escape" && present(false));
  addEventListener("popstate", () => present(false));
  document.addEventListener("fullscreenchange", () => document.fullscreenElement || present(false));
}
