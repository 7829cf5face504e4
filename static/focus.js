// Keeps the focus where the person works, for those who use the keyboard or a screen reader: where
// what had it is gone or disabled after a step, the part of the page that it stood in gets it. The
// browser alone would begin at the top of the page again. And a table of many controls (`data-arrows`)
// is one stop of the Tab key, with the arrow keys inside.

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

// Forms that open below a row, in a cell over all columns, keep their own stops.
const controls = (table) =>
  [...table.querySelectorAll("button, input, select, a[href]")].filter(
    (each) => !each.closest("[colspan]") && each.checkVisibility() && !each.matches(":disabled"),
  );

const isTyped = (element) => element.matches("input:not([type=checkbox])");

// The control that the key leads to from `at`, if the key is not the control's own.
function led(key, at, table) {
  const all = controls(table);
  if (isTyped(at)) {
    // The caret moves with the arrow keys, and leaves at the ends of the text.
    if (key === "Home" || key === "End") return undefined;
    if (key === "ArrowLeft" && at.selectionEnd > 0) return undefined;
    if (key === "ArrowRight" && at.selectionStart < at.value.length) return undefined;
  }
  const row = (each) => each.closest("tr");
  const rows = [...new Set(all.map(row))];
  const below = (step) => {
    const to = all.filter((each) => row(each) === rows[rows.indexOf(row(at)) + step]);
    return to[Math.min(all.filter((each) => row(each) === row(at)).indexOf(at), to.length - 1)];
  };
  switch (key) {
    case "ArrowLeft": return all[all.indexOf(at) - 1];
    case "ArrowRight": return all[all.indexOf(at) + 1];
    case "ArrowUp": return below(-1);
    case "ArrowDown": return below(1);
    case "Home": return all[0];
    case "End": return all.at(-1);
  }
  return undefined;
}

addEventListener("focusin", ({ target }) => {
  const table = target.closest("[data-arrows]");
  if (table === null || target.closest("[colspan]")) return;
  for (const each of controls(table)) each.tabIndex = each === target ? 0 : -1;
});

addEventListener("keydown", (event) => {
  const { target, key } = event;
  if (event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
  const table = target.closest?.("[data-arrows]");
  if (!table || target.closest("[colspan]") || target.matches("select, textarea")) return;
  const next = led(key, target, table);
  if (next === undefined) return;
  event.preventDefault();
  next.focus();
});
