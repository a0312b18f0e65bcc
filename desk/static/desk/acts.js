/* Small helps for act pages. Every page works without this file. */
(() => {
  "use strict";

  const alert = document.querySelector(".act-problems");
  if (alert) alert.focus();

  // One press, one act. The server holds to it as well, by the form's one-time token.
  document.querySelectorAll("form[data-once]").forEach((form) => {
    form.addEventListener("submit", (event) => {
      if (form.dataset.sent) { event.preventDefault(); return; }
      form.dataset.sent = "1";
      form.querySelectorAll("button[type=submit]").forEach((button) => button.setAttribute("aria-disabled", "true"));
    });
  });
  // Back to a form that was sent: load it again, so that the page says what happened. One that was not sent keeps its words.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted && document.querySelector("form[data-sent]")) window.location.reload();
  });

  // The theme writes the name of a chosen file into the nearest text field, which here is somebody else's: the booking number.
  document.addEventListener("change", (event) => {
    if (event.target.matches("form[data-once] input[type=file]")) event.stopImmediatePropagation();
  }, true);

  // A row more, without asking the server.
  document.querySelectorAll("[data-add-row]").forEach((button) => {
    button.addEventListener("click", (event) => {
      event.preventDefault();
      const box = button.closest("[data-rows]");
      const lines = box.querySelectorAll(".act-rowline");
      if (lines.length >= 40) return;
      const line = lines[lines.length - 1].cloneNode(true);
      const name = box.dataset.rows;
      const swap = (text) => text.replace(new RegExp(`(${name}-)\\d+(-)`), `$1${lines.length}$2`);
      line.querySelectorAll(".act-error, .act-echo").forEach((node) => node.remove());
      line.querySelectorAll(".act-wrong").forEach((node) => node.classList.remove("act-wrong"));
      line.querySelectorAll("[id], [name], [for], [aria-describedby]").forEach((node) => {
        ["id", "name", "for", "aria-describedby"].forEach((key) => {
          if (node.hasAttribute(key)) node.setAttribute(key, swap(node.getAttribute(key)));
        });
        node.removeAttribute("aria-invalid");
        if (node.tagName === "INPUT") node.setAttribute("value", "");
        if (node.tagName === "INPUT") node.value = "";
      });
      line.setAttribute("aria-label", line.getAttribute("aria-label").replace(/\d+$/, String(lines.length + 1)));
      lines[lines.length - 1].after(line);
      line.querySelector("input, select").focus();
    });
  });

  // What was typed as a time is read back, as the server understands it.
  document.addEventListener("input", (event) => {
    const input = event.target;
    const echo = input.parentElement && input.parentElement.querySelector(".act-echo");
    if (!echo) return;
    clearTimeout(input.echoTimer);
    echo.textContent = "";
    echo.classList.remove("act-echo-bad");
    const form = input.closest("form");
    if (!input.dataset.time || !input.value.trim() || !form) return;
    input.echoTimer = setTimeout(async () => {
      const text = input.value;
      const answer = await fetch(`${form.dataset.time}?${new URLSearchParams({ zone: input.dataset.time, text })}`);
      if (!answer.ok || input.value !== text) return;
      const said = await answer.json();
      echo.textContent = said.problem || form.dataset.readAs.replace("%s", said.echo);
      echo.classList.toggle("act-echo-bad", Boolean(said.problem));
    }, 400);
  });

  // Another edition has other boxes.
  document.querySelectorAll("[data-follows]").forEach((button) => {
    const field = document.getElementById(button.dataset.follows);
    if (field) field.addEventListener("change", () => button.click());
  });

  // Both prints zoom and turn together.
  const prints = document.querySelector(".act-prints");
  if (prints) {
    const bind = (name, variable) => {
      const input = prints.querySelector(`[data-print-${name}]`);
      const set = () => prints.style.setProperty(variable, input.value);
      input.addEventListener("input", set);
      set();
    };
    bind("zoom", "--zoom");
    bind("turn", "--turn");
  }
})();
