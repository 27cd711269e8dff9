// What the browser does by itself: ticks (debounced 150 ms), suggestions, arrow keys in the heat map.
(() => {
  let waiting = 0;
  const later = (run, ms) => { clearTimeout(waiting); waiting = setTimeout(run, ms); };
  const ticks = () => [...document.querySelectorAll(".matrix input[type=checkbox]")];

  document.addEventListener("change", event => {
    const box = event.target;
    if (box.matches(".matrix input[type=checkbox]")) {
      box.closest("tr").classList.toggle("off", !box.checked);
      later(() => emitEvent("whyrec_off", ticks().filter(tick => !tick.checked).map(tick => tick.dataset.key)), 150);
    }
    if (box.matches("select[data-go]")) location.assign(box.value);
  });

  document.addEventListener("input", event => {
    const field = event.target;
    if (!field.matches("#find")) return;
    const known = [...document.querySelectorAll("#shoppers option")].some(option => option.value === field.value);
    if (known && event.inputType !== "insertText") field.form.requestSubmit();
    else later(() => emitEvent("whyrec_find", field.value), 150);
  });

  document.addEventListener("click", event => {
    if (event.target.closest("[data-restore]")) {
      ticks().forEach(tick => { tick.checked = true; tick.closest("tr").classList.remove("off"); });
      emitEvent("whyrec_off", []);
    }
    if (event.target.closest("[data-export]")) emitEvent("whyrec_export");
  });

  document.addEventListener("keydown", event => {
    const cell = event.target.closest && event.target.closest(".matrix td.cell");
    const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    if (!cell || !step) return;
    const rows = [...cell.closest("table").querySelectorAll("tbody tr")].map(row => [...row.querySelectorAll("td.cell")]);
    const y = rows.findIndex(row => row.includes(cell)), x = rows[y].indexOf(cell);
    const next = rows[y + step[0]] && rows[y + step[0]][x + step[1]];
    if (!next) return;
    event.preventDefault();
    cell.tabIndex = -1; next.tabIndex = 0; next.focus();
  });
})();
