// The verdict on an answer comes into sight: the figure, which opens with it, moves it down.
if (!window.showsVerdicts) {
  window.showsVerdicts = true;
  const verdictIn = (box) => box.querySelector("[data-testid=stAlert]");
  const follow = (event) => {
    const box = event.target.closest?.(".st-key-question");
    if (!box || (event.type === "keydown" && event.key !== "Enter")) return;
    const before = verdictIn(box)?.textContent;
    let looks = 30;
    const timer = setInterval(() => {
      const verdict = verdictIn(box);
      const told = verdict && verdict.textContent !== before;
      if (told || !--looks) clearInterval(timer);
      if (told) setTimeout(() => verdict.scrollIntoView({ block: "nearest" }), 400); // the figure has its height by then
    }, 100);
  };
  addEventListener("click", follow);
  addEventListener("keydown", follow);
}
