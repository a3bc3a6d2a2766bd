// One grid on its own. Changed numbers go to Python ("change"), at rest; everything else stays in the browser.

const component = { root: ".grid", open, receive, close };
