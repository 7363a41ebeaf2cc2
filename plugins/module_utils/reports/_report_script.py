# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The script of the HTML report: filter and search. It builds no mark-up, and the page allows it by its sum.

This file is internal to the collection and may change in any release.
"""

from __future__ import annotations

SCRIPT = """
"use strict";
(() => {
  const all = (selector) => Array.from(document.querySelectorAll(selector));
  const tools = document.querySelector(".tools");
  if (!tools) return;
  const search = tools.querySelector("input"), pool = tools.querySelector("select");
  const buttons = all(".tools button"), total = tools.querySelector("output"), nothing = document.querySelector(".nothing");
  const cells = new Map(all("a.cell").map((cell) => [cell.getAttribute("href").slice(1), cell]));
  const nodes = all(".node").map((card) => ({ card, cell: cells.get(card.id), words: card.textContent.toLowerCase() }));
  const show = () => {
    const words = search.value.toLowerCase().split(/\\s+/).filter(Boolean);
    const verdicts = buttons.filter((each) => each.getAttribute("aria-pressed") === "true").map((each) => each.dataset.verdict);
    const pools = new Set();
    let shown = 0;
    for (const { card, cell, words: text } of nodes) {
      const fits = (!pool.value || card.dataset.pool === pool.value)
        && (!verdicts.length || verdicts.includes(card.dataset.verdict)) && words.every((word) => text.includes(word));
      card.hidden = !fits;
      if (cell) cell.classList.toggle("dim", !fits);
      if (fits) { shown += 1; pools.add(card.dataset.pool); }
    }
    for (const section of all(".pool")) section.hidden = !pools.has(section.dataset.pool);
    nothing.hidden = shown > 0;
    total.textContent = `${shown} of ${nodes.length} shown`;
  };
  const reveal = () => {
    const card = document.getElementById(location.hash.slice(1));
    if (!card || !card.hidden) return;
    search.value = pool.value = "";
    for (const each of buttons) each.setAttribute("aria-pressed", "false");
    show();
    card.scrollIntoView();
  };
  for (const each of buttons) each.addEventListener("click", () => {
    each.setAttribute("aria-pressed", String(each.getAttribute("aria-pressed") !== "true"));
    show();
  });
  search.addEventListener("input", show);
  pool.addEventListener("change", show);
  window.addEventListener("hashchange", reveal);
  tools.hidden = false;
  show();
})();
"""
