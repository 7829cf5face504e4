// Keeps the focus where the person works, for those who use the keyboard or a screen reader: where
// what had it is gone or disabled after a step, the part of the page that it stood in gets it. The
// browser alone would begin at the top of the page again.

const PARTS = "form, tr, section, dialog, [role=dialog], nav, footer, main";

let trail = []; // what had the focus last, and what it stood in, from the inside out
let waiting = false;

addEventListener("focusin", ({ target }) => {
  trail = [];
  for (let each = target; each !== null; each = each.parentElement) trail.push(each);
});

const usable = (element) => element.isConnected && !element.matches(":disabled");

function mend() {
  waiting = false;
  const now = document.activeElement;
  const lost = now === null || now === document.body || !usable(now);
  if (!lost || trail.length === 0 || usable(trail[0])) return;
  const around = trail.find((each) => each.matches(PARTS) && usable(each));
  const part = around ?? document.querySelector("main");
  trail = [];
  if (part === null) return;
  if (!part.hasAttribute("tabindex")) {
    part.tabIndex = -1;
    part.addEventListener("blur", () => part.removeAttribute("tabindex"), { once: true });
  }
  part.focus({ preventScroll: true });
}

// After the frame in which the page changed, since what changed it may move the focus itself.
new MutationObserver(() => {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(mend);
}).observe(document.body, {
  subtree: true,
  childList: true,
  attributes: true,
  attributeFilter: ["disabled"],
});
