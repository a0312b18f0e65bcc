// Rows that refresh without jumping, clocks that tick, "/" for search. Every page works without this.
(() => {
  "use strict";
  const EVERY = 5000;
  const IDLE = 1000;
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)");

  function wireBoard(board) {
    let pending = null;
    let touched = 0;
    let failures = 0;
    const keys = () => new Set([...board.querySelectorAll("[data-key]")].map((row) => row.dataset.key));
    const touch = () => { touched = Date.now(); };
    for (const name of ["pointermove", "pointerdown", "keydown", "wheel", "touchmove"]) {
      board.addEventListener(name, touch, { passive: true });
    }

    // New rows wait until pointer and keyboard have rested for a second, so that nothing moves under a finger.
    function settle() {
      if (pending === null || Date.now() - touched < IDLE) return;
      const before = keys();
      const focus = document.activeElement && board.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
      board.replaceChildren(...pending.body.childNodes);
      pending = null;
      const fresh = [...board.querySelectorAll("[data-key]")].filter((row) => !before.has(row.dataset.key));
      if (!calm.matches) fresh.forEach((row) => row.classList.add("is-new"));
      if (focus) board.querySelector(`a[href="${CSS.escape(focus)}"]`)?.focus({ preventScroll: true });
      const said = document.querySelector("[data-said]");
      if (said && fresh.length) said.textContent = said.dataset.template.replace("{n}", fresh.length);
    }

    async function ask() {
      if (document.hidden) return;
      try {
        const answer = await fetch(board.dataset.url, { headers: { "X-Requested-With": "fetch" }, redirect: "manual", cache: "no-store" });
        if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403) { window.location.reload(); return; }
        if (!answer.ok) throw new Error(String(answer.status));
        pending = new DOMParser().parseFromString(await answer.text(), "text/html");
        failures = 0;
        board.parentElement.querySelector("[data-lost-note]")?.remove();
        settle();
      } catch {
        failures += 1;
        if (failures === 2) lost();
      }
    }

    function lost() {
      if (board.parentElement.querySelector("[data-lost-note]")) return;
      const note = document.createElement("p");
      note.className = "ch-message ch-message-warning";
      note.setAttribute("role", "alert");
      note.dataset.lostNote = "";
      note.textContent = board.dataset.lost;
      board.before(note);
    }

    window.setInterval(ask, EVERY);
    window.setInterval(settle, 250);
    document.addEventListener("visibilitychange", ask);
  }

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
  document.querySelectorAll("[data-submit]").forEach((input) => input.addEventListener("change", () => input.form.requestSubmit()));
  document.querySelectorAll("[data-hide]").forEach((element) => { element.hidden = true; });
  document.querySelectorAll("[data-board]").forEach(wireBoard);
  wireClocks();
})();
