"use strict";
// Texts from events are put on the page as text only, never as markup.

const EVERY = 2000;
const find = (id) => document.getElementById(id);
let last = null;
let schemas = [];

function token() {
  try { return sessionStorage.getItem("token"); } catch { return null; }
}

async function ask(path, method = "GET") {
  const headers = {};
  if (token()) headers.Authorization = `Bearer ${token()}`;
  const response = await fetch(path, { method, headers });
  const answer = await response.json();
  if (response.status === 401) find("ask").hidden = false;
  if (!response.ok) throw new Error(answer.error || response.statusText);
  find("ask").hidden = true;
  return answer;
}

function make(name, text, type) {
  const element = document.createElement(name);
  if (text !== undefined) element.textContent = text;
  if (type) element.className = type;
  return element;
}

function rows(id, list, cells, none) {
  const body = find(id).tBodies[0];
  body.replaceChildren(...list.map((item) => {
    const row = make("tr");
    row.append(...cells(item));
    return row;
  }));
  if (list.length === 0) {
    const row = make("tr");
    const cell = make("td", none, "empty");
    cell.colSpan = 9;
    row.append(cell);
    body.append(row);
  }
}

const number = (value) => value === null ? "–" : value.toLocaleString("en");
const clock = (millis) => new Date(millis).toLocaleString();

function time(millis) {
  if (millis === null) return "–";
  if (millis < 1000) return `${millis} ms`;
  if (millis < 120000) return `${(millis / 1000).toFixed(1)} s`;
  return `${Math.round(millis / 60000)} min`;
}

function rate(name, state) {
  if (!last || state.now <= last.now || state[name] < last[name]) return "–";
  const value = (state[name] - last[name]) * 1000 / (state.now - last.now);
  return value.toLocaleString("en", { maximumFractionDigits: value < 10 ? 1 : 0 });
}

function button(text, label, act) {
  const element = make("button", text);
  element.type = "button";
  element.setAttribute("aria-label", label);
  element.addEventListener("click", act);
  return element;
}

function showSchemas() {
  const wanted = find("filter").value.toLowerCase();
  const shown = schemas.filter((row) => row.key.toLowerCase().includes(wanted));
  const focused = document.activeElement?.getAttribute("aria-label");
  rows("schemas", shown, (row) => {
    const act = make("td");
    act.append(button("Purge", `Purge ${row.key}`, () => change(`schemas/purge?key=${encodeURIComponent(row.key)}`)));
    const key = make("td", row.key.replace(/^iglu:/, ""));
    if (row.supersededBy) key.append(make("div", `superseded by ${row.supersededBy}`, "empty"));
    return [key, make("td", row.state, `state-${row.state}`), make("td", clock(row.fetchedAt * 1000), "wide"), act];
  }, "no schema is kept");
  if (focused) find("schemas").querySelector(`[aria-label="${CSS.escape(focused)}"]`)?.focus();
}

function show(state) {
  const badge = find("status");
  badge.textContent = state.ready ? "ready" : state.live ? "not ready" : "hangs";
  badge.className = state.ready ? "badge ok" : "badge no";
  find("about").textContent = `${state.version}, up ${time(state.now - state.started)}`;
  for (const name of ["raw", "good", "bad"]) find(`rate-${name}`).textContent = rate(name, state);
  find("waiting").textContent = time(state.oldestUnderWayMillis);
  find("total-good").textContent = number(state.good);
  find("total-bad").textContent = number(state.bad);
  rows("lag", state.partitions, (row) => [
    make("td", row.partition),
    make("td", number(row.lagRecords), "number"),
    make("td", time(row.lagMillis), "number"),
  ], "this source has no partitions, or none is read here");
  find("bad").replaceChildren(...(state.recent.length ? state.recent.map((row) => {
    const item = make("li");
    item.append(make("strong", row.kind), make("span", ` ${clock(row.at)}`, "empty"), make("pre", row.reason));
    return item;
  }) : [make("li", "none", "empty")]));
  schemas = state.schemas;
  showSchemas();
  rows("enrichments", state.enrichments.enrichments, (row) => [
    make("td", row.schema.replace(/^iglu:/, "")), make("td", row.file, "wide"),
  ], "none");
  const reload = state.lastReload;
  find("reloaded").textContent = reload
    ? `generation ${state.enrichments.generation}; last reload ${clock(reload.at)}: ${reload.outcome} (${reload.message})`
    : `generation ${state.enrichments.generation}`;
  find("reloaded").className = reload?.outcome === "refused" ? "state-invalid" : "empty";
  last = state;
}

async function refresh() {
  try {
    show(await ask("state"));
    problem(null);
  } catch (error) {
    find("status").textContent = "no answer";
    find("status").className = "badge no";
    problem(error.message);
  }
}

function problem(text) {
  find("problem").hidden = !text;
  find("problem").textContent = text || "";
}

async function change(path) {
  try {
    await ask(path, "POST");
    await refresh();
  } catch (error) {
    await refresh();
    problem(error.message);
  }
}

find("purge-all").addEventListener("click", () => change("schemas/purge"));
find("reload").addEventListener("click", () => change("reload"));
find("filter").addEventListener("input", showSchemas);
find("ask").addEventListener("submit", (event) => {
  event.preventDefault();
  sessionStorage.setItem("token", find("token").value);
  refresh();
});
refresh();
setInterval(() => { if (!document.hidden) refresh(); }, EVERY);
