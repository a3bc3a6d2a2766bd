// The verdict on an answer comes into sight: the figure, which opens with it, moves it down.
if (!window.showsVerdicts) {
  window.showsVerdicts = true;
  const findVerdict = () => document.querySelector(".st-key-question [data-testid=stAlert]");
  const follow = (event) => {
    if (!event.target.closest?.(".st-key-question") || (event.type === "keydown" && event.key !== "Enter")) return;
    const before = findVerdict()?.textContent;
    let looks = 100;
    const timer = setInterval(() => {
      const told = findVerdict() && findVerdict().textContent !== before;
      if (told || !--looks) clearInterval(timer);
      if (told) setTimeout(() => findVerdict()?.scrollIntoView({ block: "nearest" }), 500); // the figure has its height by then
    }, 100);
  };
  addEventListener("click", follow);
  addEventListener("keydown", follow);
}
