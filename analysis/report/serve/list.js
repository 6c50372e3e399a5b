"use strict";
// The list works without this. With it a filter acts at once, the list follows what
// happens in the folder, and what is picked stays picked while one looks for more.
(() => {
  try {
    const colours = localStorage.getItem("st67bench-scheme"); // as chosen in a report
    if (colours) document.documentElement.dataset.scheme = colours;
  } catch {} // it is forbidden
  const every = 5000; // ms between two looks at the folder
  const main = () => document.getElementById("list");
  const boxes = () => [...main().querySelectorAll("input[name=run]")];
  const picked = () => boxes().filter((b) => b.checked).map((b) => b.value);

  function count() {
    const n = picked().length;
    for (const b of main().querySelectorAll("button[data-least]")) b.disabled = n < Number(b.dataset.least) || n > Number(b.dataset.most);
  }

  // keep ticks what was picked; what the new list does not show stays above it.
  function keep(names) {
    const shown = new Map(boxes().map((b) => [b.value, b]));
    const place = document.getElementById("picked");
    for (const name of names) {
      if (shown.has(name)) {
        shown.get(name).checked = true;
      } else if (place) {
        const label = document.createElement("label");
        const box = Object.assign(document.createElement("input"), { type: "checkbox", name: "run", value: name, checked: true });
        label.append(box, " " + name);
        place.append(label);
        place.hidden = false;
      }
    }
    count();
  }

  let last = main().innerHTML;
  let turn = 0;
  async function load(address) {
    const mine = ++turn;
    const answer = await fetch(address);
    if (!answer.ok) return false;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("list");
    if (!page || mine !== turn) return false;
    if (page.innerHTML === last) return true;
    const names = picked();
    const focus = document.activeElement && main().contains(document.activeElement) ? [document.activeElement.name, document.activeElement.value] : null;
    last = page.innerHTML;
    main().replaceWith(page);
    keep(names);
    if (focus && focus[0]) [...page.querySelectorAll("select, input")].find((e) => e.name === focus[0] && (e.tagName === "SELECT" || e.value === focus[1]))?.focus();
    return true;
  }

  document.addEventListener("change", async (event) => {
    if (event.target.name === "run") return count();
    const form = event.target.closest("form.filter");
    if (!form) return;
    const query = new URLSearchParams([...new FormData(form)].filter(([, v]) => v !== ""));
    const address = "/?" + query;
    if (await load(address)) history.pushState(null, "", address);
    else location.assign(address);
  });
  addEventListener("popstate", () => load(location.href));
  addEventListener("pageshow", count);
  setInterval(() => {
    const busy = document.activeElement && document.activeElement.tagName === "SELECT";
    if (document.visibilityState === "visible" && !busy) load(location.href).catch(() => {}); // the server may be back later
  }, every);
  count();
})();
