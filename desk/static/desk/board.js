// Rows that refresh without jumping, times that run on, the wall that fills its screen. The board works without this.
(() => {
  "use strict";
  const EVERY = 5000;
  const IDLE = 1000;
  const TOUCHES = ["pointermove", "pointerdown", "keydown", "wheel", "touchmove"];
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)");

  function wireBoard(board) {
    let pending = null;
    let touched = 0;
    let failures = 0;
    let tag = board.dataset.tag;
    let skew = 0;
    const keys = () => new Set([...board.querySelectorAll("[data-key]")].map((row) => row.dataset.key));
    for (const name of TOUCHES) board.addEventListener(name, () => { touched = Date.now(); }, { passive: true });

    // The server's clock counts, not this computer's.
    function setClock() {
      const shown = board.querySelector("[data-now]");
      if (shown) skew = Date.parse(shown.dataset.now) - Date.now();
    }

    // New rows wait until pointer and keyboard have rested for a second, so that nothing moves under a finger.
    function settle() {
      if (pending === null || Date.now() - touched < IDLE) return;
      const before = keys();
      const focus = board.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
      const late = Date.now() - pending.asked;
      board.replaceChildren(...pending.page.body.childNodes);
      pending = null;
      setClock();
      skew += late;
      tick();
      const fresh = [...board.querySelectorAll("[data-key]")].filter((row) => !before.has(row.dataset.key));
      if (!calm.matches) fresh.forEach((row) => row.classList.add("is-new"));
      if (focus) board.querySelector(`a[href="${CSS.escape(focus)}"]`)?.focus({ preventScroll: true });
      const said = document.querySelector("[data-said]");
      if (said && fresh.length) said.textContent = said.dataset.template.replace("{n}", fresh.length);
    }

    // Most answers are "nothing new" (304); `anew` asks for the rows whatever they are.
    async function ask(anew) {
      if (document.hidden) return;
      const asked = Date.now();
      const headers = { "X-Requested-With": "fetch", ...(anew ? {} : { "If-None-Match": tag }) };
      try {
        const answer = await fetch(board.dataset.url, { headers, redirect: "manual", cache: "no-store" });
        if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403) { window.location.reload(); return; }
        failures = 0;
        board.parentElement.querySelector("[data-lost-note]")?.remove();
        if (answer.status === 304) return;
        if (!answer.ok) throw new Error(String(answer.status));
        tag = answer.headers.get("ETag") || "";
        pending = { page: new DOMParser().parseFromString(await answer.text(), "text/html"), asked };
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

    // Remaining times run on by minutes. When one has run out, the row means something else: ask at once.
    function tick() {
      const now = Date.now() + skew;
      board.querySelectorAll("[data-until]").forEach((left) => {
        const away = Date.parse(left.dataset.until) - now;
        if ("down" in left.dataset && away <= 0) {
          delete left.dataset.down;
          ask(true);
        }
        const minutes = Math.floor(Math.abs(away) / 60000);
        const hours = Math.floor(minutes / 60);
        const form = hours >= 48 ? board.dataset.dh : board.dataset.hm;
        const parts = hours >= 48 ? { d: Math.floor(hours / 24), h: hours % 24 } : { h: hours, m: minutes % 60 };
        const text = left.dataset.words.replace("{t}", form.replace(/\{(\w)\}/g, (_, key) => parts[key]));
        if (left.textContent !== text) left.textContent = text;
      });
    }

    setClock();
    tick();
    window.setInterval(() => ask(false), EVERY);
    window.setInterval(settle, 250);
    window.setInterval(tick, 1000);
    document.addEventListener("visibilitychange", () => ask(false));
  }

  document.querySelectorAll("[data-fullscreen]").forEach((button) => {
    button.hidden = !document.fullscreenEnabled;
    button.addEventListener("click", () => document.documentElement.requestFullscreen());
  });
  document.querySelectorAll("[data-board]").forEach(wireBoard);
})();
