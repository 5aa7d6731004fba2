// The slider of the map, and in the exported file its filters. Without this the tables show the day they were made for.
(() => {
  "use strict";
  const of = (id) => document.getElementById(id);
  const facts = [...document.querySelectorAll(".fact")];
  const slide = of("map-slide");
  const range = of("map-range");
  const form = of("map-form");
  if (!slide || !range || !form) return;
  const shown = of("map-at");
  const days = slide.dataset.days.split(" ");
  const first = shown.getAttribute("datetime");
  const alone = "alone" in form.dataset;
  let day = first;

  const holds = (fact, at) => {
    const { from, to } = fact.dataset;
    return (!from || from <= at) && (!to || to > at);
  };

  // In the exported file the marks of changes are made here; a server has made them already.
  const mark = (since) => {
    for (const old of document.querySelectorAll(".chg[data-made]")) old.remove();
    if (!since) return;
    for (const fact of facts) {
      const { from } = fact.dataset;
      const siblings = [...fact.parentElement.children].filter((child) => child.matches(".fact"));
      const same = siblings.some((other) => holds(other, since) && said(other) === said(fact));
      if (!from || from <= since || fact.hidden || same) continue;
      const made = document.createElement("span");
      made.className = "chg";
      made.dataset.made = "";
      made.textContent = `changed ${from}`;
      fact.querySelector("summary").append(made);
    }
  };
  const said = (fact) => fact.querySelector(".word").textContent;

  const filter = () => {
    if (!alone) return;
    const data = new FormData(form);
    const platforms = data.getAll("platform");
    const sections = data.getAll("section");
    const words = (data.get("q") || "").trim().toLowerCase();
    const wanted = (cell) =>
      !platforms.length ||
      platforms.includes(cell.dataset.platform) ||
      (cell.dataset.platform === "any" && platforms.some((name) => name !== "passband"));
    mark(data.get("since"));
    let any = false;
    for (const floor of document.querySelectorAll(".map-floor")) {
      floor.hidden = sections.length > 0 && !sections.includes(floor.dataset.section);
      const link = document.querySelector(`.map-toc a[href="#${floor.id}"]`);
      if (link) link.parentElement.hidden = floor.hidden;
      for (const head of floor.querySelectorAll("thead th[data-platform]")) head.hidden = !wanted(head);
      for (const row of floor.querySelectorAll("tr[data-row]")) {
        const cells = [...row.querySelectorAll("td")];
        for (const cell of cells) cell.hidden = !wanted(cell);
        const visible = cells.filter((cell) => !cell.hidden);
        const now = visible.flatMap((cell) => [...cell.querySelectorAll(".fact:not([hidden])")]);
        const columns = platforms.filter((name) => name !== "passband").length || 5;
        for (const cell of visible) if (cell.dataset.platform === "any") cell.colSpan = columns;
        row.hidden =
          !visible.some((cell) => cell.querySelector(".fact")) ||
          (words && !`${row.dataset.row} ${row.textContent}`.toLowerCase().includes(words)) ||
          (data.has("missing") && !now.some((fact) => fact.dataset.standing === "no")) ||
          (data.has("changed") && !now.some((fact) => fact.querySelector(".chg")));
        any ||= !row.hidden && !floor.hidden;
      }
      for (const body of floor.querySelectorAll("tbody")) body.hidden = !body.querySelector("tr[data-row]:not([hidden])");
      for (const more of floor.querySelectorAll(".map-more")) {
        const left = more.querySelectorAll("tr[data-row]:not([hidden])").length;
        more.hidden = !left;
        if (words || data.has("missing") || data.has("changed")) more.open = left > 0;
      }
    }
    of("map-none").hidden = any;
  };

  const go = (at) => {
    day = at;
    for (const fact of facts) fact.hidden = !holds(fact, at);
    for (const empty of document.querySelectorAll(".map-empty")) {
      empty.hidden = empty.parentElement.querySelector(".fact:not([hidden])") !== null;
    }
    shown.textContent = at;
    shown.setAttribute("datetime", at);
    of("map-said").textContent = at;
    range.setAttribute("aria-valuetext", at);
    // Bands and marks of a server are those of the day it answered for.
    of("map-chains").hidden = at !== first;
    for (const made of document.querySelectorAll(".chg:not([data-made])")) made.hidden = at !== first;
    filter();
  };

  range.max = String(days.length - 1);
  range.value = String(days.indexOf(first));
  range.setAttribute("aria-valuetext", first);
  range.addEventListener("input", () => go(days[Number(range.value)]));
  slide.hidden = false;
  if (alone) {
    form.hidden = false;
    form.addEventListener("input", filter);
    form.addEventListener("submit", (event) => event.preventDefault());
  }
})();
