// Clocks that tick, "/" for search, choices that act at once. Every page works without this.
(() => {
  "use strict";

  // <span data-tick="2026-03-19T19:00:00Z" data-now="..."> counts to or from that instant by the server's clock.
  function wireClocks() {
    const clocks = [...document.querySelectorAll("[data-tick]")];
    if (!clocks.length) return;
    const skew = Date.parse(clocks[0].dataset.now) - Date.now();
    const show = () => clocks.forEach((clock) => {
      const left = Date.parse(clock.dataset.tick) - (Date.now() + skew);
      if (clock.dataset.passed === "0" && left <= 0) { window.location.reload(); return; }
      const seconds = Math.floor(Math.abs(left) / 1000);
      const parts = { h: Math.floor(seconds / 3600), m: Math.floor(seconds / 60) % 60, s: String(seconds % 60).padStart(2, "0") };
      clock.textContent = clock.dataset.template.replace(/\{(\w)\}/g, (_, key) => parts[key]);
    });
    show();
    window.setInterval(show, 1000);
  }

  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select, [contenteditable]");
    if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    const search = document.getElementById("ch-search");
    if (search) { event.preventDefault(); search.focus(); }
  });
  // The tab that is shown is also said. Which panel shows is the business of the style sheet, script or not.
  const tabs = [...document.querySelectorAll(".ch-tabs a")];
  function sayTab() {
    const panel = document.querySelector(".ch-panel:target, .ch-panel:has(:target)") || document.querySelector(".ch-panel");
    tabs.forEach((tab) => {
      if (tab.hash === `#${panel.id}`) tab.setAttribute("aria-current", "true");
      else tab.removeAttribute("aria-current");
    });
  }
  if (document.querySelector(".ch-panel")) {
    sayTab();
    window.addEventListener("hashchange", sayTab);
  }
  document.querySelectorAll("[data-submit]").forEach((input) => input.addEventListener("change", () => input.form.requestSubmit()));
  document.querySelectorAll("[data-hide]").forEach((element) => { element.hidden = true; });
  // One box ticks them all.
  document.querySelectorAll("[data-tick-all]").forEach((all) => {
    const boxes = [...all.form.querySelectorAll("input[name=case]")];
    all.hidden = false;
    all.parentElement.querySelector("[data-tick-all-words]").hidden = false;
    all.addEventListener("change", () => boxes.forEach((box) => { box.checked = all.checked; }));
  });
  document.querySelectorAll("[data-print]").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  });
  wireClocks();
})();
