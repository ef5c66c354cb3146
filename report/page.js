// Copyright (c) 2026 evergreen.os_migration contributors
// GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

// The table of instances: filters, order, pages and details. Text reaches the page as text only, never as HTML.
(() => {
  "use strict";

  const PAGE_SIZE = 100;
  const STATES = ["failed", "blocked", "in_progress", "assessed", "ready", "migrated"];
  const SEVERITIES = ["inhibitor", "warning", "info"];
  const SUPPORT = ["ended", "ending", "supported", "unknown"];
  const FACTS = [
    "instance_id", "provider", "region", "profile", "status", "os_name", "version", "edition", "language",
    "architecture", "hops", "targets",
  ];

  const data = JSON.parse(document.getElementById("data").textContent);
  const words = data.words;
  const collator = new Intl.Collator(document.documentElement.lang, { numeric: true });
  const numbers = new Intl.NumberFormat("en");

  // --- data -----------------------------------------------------------------------------------------------------

  const unpack = (columns, places) => Object.fromEntries(columns.map((name, at) => [name, data.pool[places[at]]]));

  /** An attempt: its own columns, and behind them the places of its lists. */
  function unpackAttempt(places) {
    const attempt = unpack(data.attempt_columns, places);
    Object.entries(data.attempt_lists).forEach(([name, columns], at) => {
      attempt[name] = places[data.attempt_columns.length + at].map((row) => unpack(columns, row));
    });
    return attempt;
  }

  const instances = data.rows.map((places) => {
    const instance = unpack(data.columns.slice(0, -2), places);
    const [findings, attempts] = places.slice(-2);
    instance.findings = findings.map((found) => unpack(data.finding_columns, found));
    instance.attempts = attempts;
    instance.counts = SEVERITIES.map((name) => instance.findings.filter((found) => found.severity === name).length);
    return instance;
  });

  const osName = (id) => data.names[id] || id || "";
  const title = (instance) => instance.name || instance.instance_id;
  const message = (id) => (data.findings[id] && data.findings[id].message) || id;
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_mark, name) => values[name]);

  /** Everything of an instance that the free text is looked for in, in lower case. */
  function haystack(instance) {
    const { name, instance_id: id, provider, region, profile, os, os_name: raw, architecture, target } = instance;
    const evidence = instance.findings.flatMap((found) => [found.id, found.evidence]);
    const texts = [name, id, provider, region, profile, os, osName(os), raw, architecture, target, osName(target)];
    return [...texts, ...evidence].join("\n").toLowerCase();
  }

  // --- elements -------------------------------------------------------------------------------------------------

  /** Return a new element; what is not an element becomes text. */
  function element(name, attributes, ...contents) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...contents);
    return made;
  }

  const badge = (kind, text) => element("span", { class: `badge ${kind}` }, text);
  const stateName = (state) => words[`state_${state}`] || state;
  const stateBadge = (state) => badge(state, stateName(state));

  function findingBadges(instance) {
    const counted = SEVERITIES.map((name, at) => [name, instance.counts[at]]).filter(([, count]) => count);
    const badges = counted.map(([name, count]) => badge(name, `${words[`severity_${name}`]} ${count}`));
    return element("span", { class: "badges" }, ...(badges.length ? badges : ["–"]));
  }

  function support(instance) {
    const { state, ends } = instance.support;
    return [element("time", {}, ends || "–"), element("small", {}, badge(state, words[`support_${state}`] || state))];
  }

  function plan(instance) {
    const hops = instance.hops.map((hop) => element("div", {}, `→ ${osName(hop.target)}`));
    return hops.length ? hops : [instance.target ? element("div", { class: "quiet" }, `(→ ${osName(instance.target)})`) : "–"];
  }

  /** What the assessment said, and below it how the last attempt ended, where that is something else. */
  function readiness(instance) {
    const last = instance.attempts.length ? unpackAttempt(instance.attempts[instance.attempts.length - 1]) : null;
    const news = last && last.attempt !== null && last.state !== instance.state;
    const text = news ? [element("small", {}, `${attemptName(last)}: ${stateName(last.state)}`)] : [];
    return [stateBadge(instance.state), ...text];
  }

  function toggle(instance, open) {
    const label = `${words.details}: ${title(instance)}`;
    const attributes = { type: "button", class: "toggle", "aria-expanded": open, "aria-label": label };
    const place = element("small", {}, `${instance.instance_id} · ${instance.region}`);
    return [element("button", attributes, title(instance)), place];
  }

  /** What a column shows and what it is sorted by. */
  const COLUMNS = {
    name: { show: toggle, key: title },
    os: { show: (instance) => [osName(instance.os)], key: (instance) => osName(instance.os) },
    ends: { show: support, key: (instance) => instance.support.ends || "9999" },
    plan: { show: plan, key: (instance) => osName(instance.target) },
    state: { show: readiness, key: (instance) => STATES.indexOf(instance.state) },
    findings: {
      show: (instance) => [findingBadges(instance)],
      key: ({ counts: [inhibitors, warnings, infos] }) => inhibitors * 1e6 + warnings * 1e3 + infos,
    },
    minutes: { show: (instance) => [numbers.format(instance.minutes)], key: (instance) => instance.minutes },
    snapshot_gib: {
      show: (instance) => [numbers.format(instance.snapshot_gib)],
      key: (instance) => instance.snapshot_gib,
    },
  };

  /** Return a list of terms and texts; those without text are left out. */
  function terms(kind, pairs) {
    const shown = pairs.filter(([, text]) => text);
    return element("dl", { class: kind }, ...shown.map(([term, text]) =>
      element("div", {}, element("dt", {}, term), element("dd", {}, text))));
  }

  function findingItem(found) {
    const texts = data.findings[found.id] || {};
    return element("li", { class: `${found.severity}-edge` },
      badge(found.severity, words[`severity_${found.severity}`]),
      element("strong", {}, message(found.id)), " ", element("code", { class: "quiet" }, found.id),
      terms("texts", [
        [words.column_evidence, found.evidence],
        [words.column_remedy, texts.remedy],
        [words.column_source, texts.source],
        [words.waiver, found.waiver && fill(words.waived, found.waiver)],
      ]));
  }

  const attemptName = ({ attempt }) => (attempt === null ? words.no_attempt : fill(words.attempt, { n: attempt }));
  const moment = (at) => element("time", { datetime: at }, at.slice(0, 19).replace("T", " "));
  const hopsText = (hops) => hops.length ? [hops[0].source, ...hops.map((hop) => hop.target)].map(osName).join(" → ") : "";

  /** Return a list under a heading, nothing when it is empty. */
  function listed(heading, items) {
    if (!items.length) return [];
    return [element("div", {}, element("h4", {}, heading), element("ul", {}, ...items))];
  }

  const runItem = (run) => element("li", {}, moment(run.at),
    element("span", {}, `${words[`phase_${run.phase}`] || run.phase}: ${stateName(run.state)}`, " ",
      element("span", { class: "quiet" }, run.who)));

  const eventItem = (event) => element("li", {}, moment(event.at), element("span", {}, event.event));

  function workItem(work) {
    const ends = [work.began, work.ended].filter(Boolean).map(moment);
    const time = ends.length > 1 ? [ends[0], " – ", ends[1]] : ends;
    return element("li", {}, element("code", {}, work.id), element("span", {}, `${work.kind}, ${work.status} `, ...time));
  }

  /** Say how the guest compares with what it was: the whole, or one fact of it. */
  function proofItem(row) {
    const name = row.fact ? words[`proof_${row.fact}`] || row.fact : words[`phase_${row.phase}`] || row.phase;
    const verdict = words[`verdict_${row.verdict}`] || row.verdict;
    const more = [row.expected && fill(words.proof_expected, { n: row.expected }), row.why].filter(Boolean).join("; ");
    return element("li", {}, element("strong", {}, name), element("span", {},
      ...(row.verdict === "not_expected" ? [badge("warning", verdict)] : [verdict]), " ",
      ...(row.differences ? [element("code", {}, row.differences), " "] : []),
      element("span", { class: "quiet" }, more)));
  }

  function attemptItem(places, open) {
    const attempt = unpackAttempt(places);
    const path = hopsText(attempt.hops) || [attempt.source, attempt.target].filter(Boolean).map(osName).join(" → ");
    const last = attempt.runs[attempt.runs.length - 1];
    const head = element("summary", {}, element("strong", {}, attemptName(attempt)), " ", stateBadge(attempt.state), " ",
      element("span", {}, path), " ", ...(last ? [moment(last.at)] : []));
    const facts = terms("facts", [
      [words.column_method, attempt.method],
      [words.column_way_back, attempt.way_back],
      [words.column_data_lost_since, attempt.data_lost_since],
      [words.column_problem, attempt.error && `${attempt.error.code}: ${attempt.error.message}`],
    ]);
    const lists = element("div", { class: "lists" },
      ...listed(words.column_runs, attempt.runs.map(runItem)),
      ...listed(words.column_works, attempt.works.map(workItem)),
      ...listed(words.column_proof, attempt.proof.map(proofItem)),
      ...listed(words.column_timeline, attempt.timeline.map(eventItem)));
    return element("details", { class: "attempt", ...(open ? { open: "" } : {}) }, head, facts, lists);
  }

  /** The last attempt is in front and open, the earlier ones are folded away. */
  const attemptItems = ({ attempts }) =>
    attempts.map((_places, at) => attemptItem(attempts[attempts.length - 1 - at], at === 0));

  function detailsRow(instance) {
    const hops = instance.hops.map((hop) =>
      `${osName(hop.source)} → ${osName(hop.target)} (${hop.service}, ${fill(words.minutes, { n: hop.minutes })})`);
    const values = { ...instance, hops: hops.join("; "), targets: instance.targets.map(osName).join(", ") };
    const facts = terms("facts", FACTS.map((name) => [words[`column_${name}`], values[name]]));
    const findings = element("ul", { class: "findings" }, ...instance.findings.map(findingItem));
    const cell = { role: "cell", colspan: Object.keys(COLUMNS).length };
    const contents = [facts, findings, ...attemptItems(instance)];
    return element("tr", { class: "details", role: "row" }, element("td", cell, ...contents));
  }

  // --- table ----------------------------------------------------------------------------------------------------

  const form = document.getElementById("filters");
  const table = document.getElementById("table");
  const pages = document.getElementById("pages");
  const allDetails = document.getElementById("all-details");
  const view = { rows: instances, page: 0, column: "", descending: false, allOpen: false, toggled: new Set() };

  const isOpen = (instance) => view.allOpen !== view.toggled.has(instance);

  function instanceRows(instance) {
    const open = isOpen(instance);
    const cells = Object.entries(COLUMNS).map(([name, column]) => {
      const attributes = { role: "cell", class: `column-${name}`, "data-label": words[`column_${name}`] };
      return element("td", attributes, element("div", {}, ...column.show(instance, open)));
    });
    const row = element("tr", { class: open ? "row open" : "row", role: "row" }, ...cells);
    row.addEventListener("click", () => flip(instance, row));
    return open ? [row, detailsRow(instance)] : [row];
  }

  /** Open or close the details of one instance. */
  function flip(instance, row) {
    if (String(document.getSelection())) return; // somebody marks text to copy it
    if (!view.toggled.delete(instance)) view.toggled.add(instance);
    const open = isOpen(instance);
    row.classList.toggle("open", open);
    row.querySelector(".toggle").setAttribute("aria-expanded", open);
    if (open) row.after(detailsRow(instance));
    else row.nextSibling.remove();
  }

  /** Show these rows of the view. */
  function draw(from, to) {
    const body = element("tbody", { role: "rowgroup" });
    body.append(...view.rows.slice(from, to).flatMap(instanceRows));
    for (const old of table.tBodies) old.remove();
    table.append(body);
  }

  function drawPage() {
    const total = view.rows.length;
    const count = Math.max(1, Math.ceil(total / PAGE_SIZE));
    const from = view.page * PAGE_SIZE;
    const to = Math.min(from + PAGE_SIZE, total);
    draw(from, to);
    const range = { from: numbers.format(from + 1), to: numbers.format(to), total: numbers.format(total) };
    document.getElementById("shown").textContent = total ? fill(words.shown, range) : words.none_match;
    const [previous, place, next] = pages.children;
    place.textContent = fill(words.page, { n: view.page + 1, pages: count });
    previous.disabled = view.page === 0;
    next.disabled = view.page === count - 1;
    pages.hidden = count === 1;
  }

  const compare = (left, right) => (typeof left === "string" ? collator.compare(left, right) : left - right);

  function sorted(rows) {
    if (!view.column) return rows;
    const keyed = rows.map((instance) => [COLUMNS[view.column].key(instance), instance]);
    const sign = view.descending ? -1 : 1;
    return keyed.sort(([left], [right]) => sign * compare(left, right)).map(([, instance]) => instance);
  }

  function matches(instance, wanted) {
    return (
      (!wanted.state || instance.state === wanted.state) &&
      (!wanted.support || instance.support.state === wanted.support) &&
      (!wanted.os || instance.os === wanted.os) &&
      (!wanted.finding || instance.findings.some((found) => found.id === wanted.finding)) &&
      wanted.texts.every((text) => (instance.haystack ??= haystack(instance)).includes(text))
    );
  }

  /** Filter, sort, and show the first page. */
  function refresh() {
    const wanted = Object.fromEntries(new FormData(form));
    wanted.texts = wanted.text.toLowerCase().split(/\s+/).filter(Boolean);
    view.rows = sorted(instances.filter((instance) => matches(instance, wanted)));
    view.page = 0;
    drawPage();
  }

  function sortBy(name) {
    view.descending = view.column === name && !view.descending;
    view.column = name;
    for (const head of table.tHead.rows[0].cells) {
      if (head.dataset.column === name) head.setAttribute("aria-sort", view.descending ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    }
    refresh();
  }

  // --- start ----------------------------------------------------------------------------------------------------

  function headCell([name, column]) {
    const button = element("button", { type: "button" }, words[`column_${name}`]);
    button.addEventListener("click", () => sortBy(name));
    const attributes = { scope: "col", role: "columnheader", "data-column": name, class: `column-${name}` };
    return element("th", attributes, button);
  }

  /** Give a filter its choices: values that instances have, with the number of those. */
  function offer(name, valuesOf, label, order) {
    const counts = new Map();
    for (const instance of instances) {
      for (const value of new Set(valuesOf(instance))) counts.set(value, (counts.get(value) || 0) + 1);
    }
    const found = [...counts].sort(order);
    const options = found.map(([value, count]) =>
      element("option", { value }, `${label(value)} (${numbers.format(count)})`));
    form.elements[name].append(element("option", { value: "" }, words.all), ...options);
  }

  const ranked = (names) => ([left], [right]) => names.indexOf(left) - names.indexOf(right);

  function offerAll() {
    offer("state", (each) => [each.state], (state) => words[`state_${state}`] || state, ranked(STATES));
    offer("support", (each) => [each.support.state], (state) => words[`support_${state}`], ranked(SUPPORT));
    offer("os", (each) => [each.os], osName, ([left], [right]) => collator.compare(osName(left), osName(right)));
    offer("finding", (each) => each.findings.map((found) => found.id), message, ([, left], [, right]) => right - left);
  }

  /** A link of a chart shows just the instances that it counts. */
  function followLink(event) {
    const link = event.target.closest("[data-filter]");
    if (!link) return;
    form.reset();
    form.elements[link.dataset.filter].value = link.dataset.value;
  }

  function switchTheme() {
    const root = document.documentElement;
    const preferred = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
    const dark = (root.style.colorScheme || preferred) === "dark";
    root.style.colorScheme = dark ? "light" : "dark";
  }

  let folded = [];

  /** Paper has no pages to turn and nothing to unfold: all rows that match, and all that is folded away. */
  function beforePrint() {
    draw(0, view.rows.length);
    folded = [...document.querySelectorAll("details:not([open])")];
    for (const each of folded) each.open = true;
  }

  function afterPrint() {
    for (const each of folded) each.open = false;
    drawPage();
  }

  function listen() {
    form.addEventListener("input", refresh);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("reset", () => setTimeout(refresh)); // the fields are empty only after the event
    document.addEventListener("click", followLink);
    document.getElementById("theme").addEventListener("click", switchTheme);
    allDetails.addEventListener("click", () => {
      view.allOpen = !view.allOpen;
      view.toggled.clear();
      allDetails.setAttribute("aria-pressed", view.allOpen);
      drawPage();
    });
    pages.addEventListener("click", (event) => {
      view.page += Number(event.target.value || 0);
      drawPage();
      table.scrollIntoView();
    });
    addEventListener("beforeprint", beforePrint);
    addEventListener("afterprint", afterPrint);
  }

  table.tHead.rows[0].append(...Object.entries(COLUMNS).map(headCell));
  offerAll();
  listen();
  drawPage();
  for (const each of [form, table, document.getElementById("theme")]) each.hidden = false;
})();
