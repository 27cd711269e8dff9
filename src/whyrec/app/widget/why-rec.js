// <why-rec>: a list of recommendations that says why, and takes no for an answer.
//
//   <script type="module" src="https://rec.example/widget/why-rec.js"></script>
//   <why-rec user="2041" lang="en">what the shop shows without it</why-rec>
//
// Attributes: user, lang, scenario, context (an item), text (a search), n, platform, relation, api (address of the service,
// default: where this file came from), token (of the shopper, where the service asks for one), parameters (address of
// the public page). Property `history`: an anonymous history instead of a user.
// Events: why-rec-list (a list was drawn), why-rec-choose (a product was chosen; detail.item_id), why-rec-failed.
// The children stand in until there is a list, and come back on any failure, so that the shop's page stays whole.
// Nothing is drawn but what the service measured; all words come from it, in the reader's language.

const HOME = new URL("..", import.meta.url).href.replace(/\/$/, "");
const ICONS = {
  like: "M7 20H4v-9h3M7 20h9.4a2 2 0 0 0 2-1.6l1.1-5.2a2 2 0 0 0-2-2.4H13l.8-4.4A2 2 0 0 0 11.9 4L7 11z",
  dislike: "M7 4H4v9h3M7 4h9.4a2 2 0 0 1 2 1.6l1.1 5.2a2 2 0 0 1-2 2.4H13l.8 4.4A2 2 0 0 1 11.9 20L7 13z",
  hide: "M3 3l18 18M10.6 6A9 9 0 0 1 12 5.8c6 0 9.5 6.2 9.5 6.2a17 17 0 0 1-2.8 3.5M6.6 7.7A17 17 0 0 0 2.5 12S6 18.2 12 18.2a9 9 0 0 0 4.3-1.1",
  never: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM5.7 5.7l12.6 12.6",
  check: "M4.5 12.5l5 5L20 6.5",
  close: "M5 5l14 14M19 5L5 19",
  product: "M6 8h12l1 12.5H5zM9 8V6.5a3 3 0 0 1 6 0V8",
  article: "M6 3.5h8l4 4v13H6zM14 3.5v4h4M9 12h6M9 16h6",
  video: "M3 5h18v14H3zM10 9v6l5-3z",
};
const SMALLEST_GAP = 4; // pixels between two labels of the time line
const UNDO_MS = 8000;
const PHONE = matchMedia("(max-width: 599px)");
const STILL = matchMedia("(prefers-reduced-motion: reduce)");

/** Make an element; attributes that are null or false are left out, functions become listeners. */
function h(tag, attributes = {}, ...children) {
  const svg = /^(svg|path|g|line|circle|polygon|text)$/.test(tag);
  const made = svg ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name, value);
    else if (value !== null && value !== undefined && value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return made;
}

const icon = (name) => h("svg", { viewBox: "0 0 24 24", class: "icon", "aria-hidden": "true" }, h("path", { d: ICONS[name] }));

/** A sentence with the names that stand in quotation marks in bold. */
const sentence = (text) =>
  text.split(/([“「«][^”」»]*[”」»])/).map((piece) => (/^[“「«]/.test(piece) ? h("b", {}, piece) : piece));

class WhyRec extends HTMLElement {
  static observedAttributes = ["user", "lang", "scenario", "context", "text", "n", "platform", "relation", "token", "personalised"];

  #root = this.attachShadow({ mode: "open" });
  #words = null;
  #list = null;
  #history = null;
  #loading = 0;
  #opener = null;
  #undo = null;
  #timer = 0;
  #queued = false;

  connectedCallback() {
    this.#root.append(h("style", {}, STYLE), h("slot"));
    this.#soon();
  }

  disconnectedCallback() {
    clearTimeout(this.#timer);
    this.#loading += 1; // answers on their way are for nobody
    this.#root.replaceChildren();
    this.#list = null;
  }

  attributeChangedCallback(name, before, after) {
    if (name === "lang") this.#words = null;
    if (before !== after && this.isConnected) this.#soon();
  }

  /** Events of an anonymous shopper, oldest first: [{item_id, kind, at}]. */
  set history(past) {
    this.#history = past;
    if (this.isConnected) this.#soon();
  }

  get history() {
    return this.#history;
  }

  /** Ask for the list again; resolves when it is drawn. */
  async refresh() {
    const turn = ++this.#loading;
    try {
      this.#words ??= await this.#call("GET", `/v1/words?locale=${encodeURIComponent(this.#lang)}`);
      const list = await this.#call("POST", "/v1/recommendations", this.#request());
      if (turn !== this.#loading) return;
      this.#draw(list);
      this.dispatchEvent(new CustomEvent("why-rec-list", { detail: list, bubbles: true }));
    } catch (error) {
      if (turn === this.#loading) this.#fail(error);
    }
  }

  #soon() {
    // Attributes come one by one; one request is enough for all of them.
    if (this.#queued) return;
    this.#queued = true;
    queueMicrotask(() => {
      this.#queued = false;
      if (this.isConnected) this.refresh();
    });
  }

  get #lang() {
    return this.getAttribute("lang") || document.documentElement.lang || "en";
  }

  get #off() {
    return this.#list ? !this.#list.personalised : this.getAttribute("personalised") === "false";
  }

  #request() {
    const asked = { locale: this.#lang, explain: false };
    for (const name of ["scenario", "text", "platform", "relation"]) if (this.getAttribute(name)) asked[name] = this.getAttribute(name);
    if (this.getAttribute("context")) asked.context = [this.getAttribute("context")];
    if (this.getAttribute("n")) asked.n = Number(this.getAttribute("n"));
    if (this.getAttribute("user")) asked.user_id = this.getAttribute("user");
    else if (this.#history) asked.history = this.#history;
    if (this.getAttribute("personalised") === "false") asked.personalised = false;
    return asked;
  }

  async #call(method, path, body) {
    const headers = { accept: "application/json" };
    if (body) headers["content-type"] = "application/json";
    if (this.getAttribute("token")) headers.authorization = `Bearer ${this.getAttribute("token")}`;
    const answer = await fetch((this.getAttribute("api") || HOME) + path, { method, headers, body: body && JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}`);
    return answer.json();
  }

  #fail(error) {
    this.#list = null;
    this.#root.replaceChildren(h("style", {}, STYLE), h("slot"));
    this.dispatchEvent(new CustomEvent("why-rec-failed", { detail: error, bubbles: true }));
  }

  // -- the list -------------------------------------------------------------------------------------------

  #draw(list) {
    const before = this.#places();
    const known = this.#list !== null;
    this.#list = list;
    if (!known) this.#frame();
    const cards = list.items.map((place, k) => this.#card(place, k));
    const empty = h("p", { class: "empty" }, this.#words.empty);
    this.#root.querySelector("ol").replaceChildren(...(cards.length ? cards : [empty]));
    this.#move(before);
  }

  #frame() {
    const words = this.#words;
    const parameters = this.getAttribute("parameters");
    const told = h("p", { class: "algorithm" }, words.algorithm,
      parameters && [" · ", h("a", { href: parameters }, words.parameters)]);
    const panel = h("dialog", { part: "panel", "aria-labelledby": "question", keydown: (event) => this.#key(event), close: () => this.#closed() });
    this.#root.replaceChildren(
      h("style", {}, STYLE),
      h("div", { class: "whole", lang: words.language },
        h("div", { class: "main" }, told, h("ol", { part: "list" }), h("div", { class: "status", role: "status" })), panel));
  }

  #card(place, k) {
    const words = this.#words;
    const name = h("button", { class: "title", click: () => this.#choose(place) }, place.title);
    const mark = h("i", { class: `mark ${place.part}` });
    const chips = [place.sources?.includes("new") && words.new, place.label].filter(Boolean);
    const acts = this.getAttribute("user") ? ["like", "dislike", "hide"].map((kind) =>
      h("button", { class: "act", title: words[kind], "aria-label": `${words[kind]}: ${place.title}`, click: () => this.#say(kind, place) }, icon(kind))) : [];
    return h("li", { class: "card", part: "card", "data-id": place.item_id, "data-k": k },
      this.#picture(place),
      h("div", { class: "text" }, name, h("p", { class: "price" }, place.price ?? "", chips.map((chip) => h("span", { class: "chip" }, chip))),
        place.reason && h("p", { class: "reason", part: "card-reason" }, mark, h("span", {}, sentence(place.reason)))),
      h("div", { class: "acts" },
        place.reason && h("button", { class: "why", "aria-haspopup": "dialog", "aria-label": `${words.why} ${place.title}`, click: (event) => this.#open(place, event.currentTarget) }, words.why),
        acts));
  }

  #picture(place) {
    const source = `${this.getAttribute("api") || HOME}/v1/items/picture?item_id=${encodeURIComponent(place.item_id)}`;
    const picture = place.picture ? h("img", { src: source, alt: "", loading: "lazy" }) : icon(place.kind in ICONS ? place.kind : "product");
    return h("div", { class: "picture", click: () => this.#choose(place) }, picture);
  }

  #places() {
    return new Map([...this.#root.querySelectorAll(".card")].map((card) => [card.dataset.id, [card.getBoundingClientRect(), Number(card.dataset.k)]]));
  }

  /** Slide what moved from where it was. */
  #move(before) {
    if (STILL.matches || !before.size) return;
    for (const card of this.#root.querySelectorAll(".card")) {
      const old = before.get(card.dataset.id)?.[0];
      const now = card.getBoundingClientRect();
      if (!old) card.animate([{ opacity: 0 }, { opacity: 1 }], 200);
      else if (old.x !== now.x || old.y !== now.y)
        card.animate([{ transform: `translate(${old.x - now.x}px, ${old.y - now.y}px)` }, { transform: "none" }], 200);
    }
  }

  #choose(place) {
    if (this.getAttribute("user"))
      this.#call("POST", "/v1/events", { events: [{ user_id: this.getAttribute("user"), item_id: place.item_id, kind: "click", answers: this.#list.id }] }).catch(() => {});
    this.dispatchEvent(new CustomEvent("why-rec-choose", { detail: { ...place, list: this.#list.id }, bubbles: true }));
  }

  // -- what the shopper says ------------------------------------------------------------------------------

  async #say(kind, place, more) {
    const user = this.getAttribute("user");
    const body = { user_id: user, kind, answers: this.#list.id, ...(more ?? { item_id: place.item_id }) };
    try {
      const kept = await this.#call("POST", "/v1/feedback", body);
      await this.#changed(async () => {
        await this.#call("POST", "/v1/feedback", { user_id: user, kind: "undo", feedback_id: kept.feedback_id });
        for (const row of this.#root.querySelectorAll(".row.struck")) row.classList.remove("struck");
      });
    } catch {
      this.#tell(this.#words.failed);
    }
  }

  async #switch() {
    const [user, wasOff] = [this.getAttribute("user"), this.#off];
    const turn = async (off) => {
      // Kept for the shopper's next visit too.
      if (user) await this.#call("PUT", "/v1/preferences", { user_id: user, personalised: !off });
      else this.setAttribute("personalised", String(!off));
      this.dispatchEvent(new CustomEvent("why-rec-switch", { detail: { personalised: !off }, bubbles: true }));
    };
    try {
      await turn(!wasOff);
      await this.#changed(() => turn(wasOff));
    } catch {
      this.#tell(this.#words.failed);
    }
  }

  /** Ask for the list again, tell how much moved, and offer to undo it. */
  async #changed(undo) {
    const before = this.#list.items.map((place) => place.item_id);
    await this.refresh();
    if (!this.#list) return;
    const moved = this.#list.items.filter((place, k) => before[k] !== place.item_id).length;
    const form = moved === 1 ? "moved-one" : "moved-other";
    this.#tell(moved ? this.#words[form].replace("{n}", moved.toLocaleString(this.#words.language)) : this.#words.unmoved, undo);
    const dialog = this.#root.querySelector("dialog");
    if (dialog?.open) this.#fillSwitch();
  }

  #tell(text, undo) {
    clearTimeout(this.#timer);
    this.#undo = undo;
    const again = undo && h("button", { click: () => this.#take() }, this.#words.undo);
    this.#root.querySelector(".status")?.replaceChildren(h("span", {}, text), again ?? "");
    this.#timer = setTimeout(() => this.#root.querySelector(".status")?.replaceChildren(), UNDO_MS);
  }

  async #take() {
    const undo = this.#undo;
    this.#undo = null;
    try {
      await undo?.();
      await this.refresh();
      this.#tell(this.#words.updated);
      this.#fillSwitch();
    } catch {
      this.#tell(this.#words.failed);
    }
  }

  // -- the panel ------------------------------------------------------------------------------------------

  async #open(place, opener) {
    const dialog = this.#root.querySelector("dialog");
    const list = this.#list.id;
    let why;
    try {
      why = await this.#call("GET", `/v1/recommendations/${list}/why?item_id=${encodeURIComponent(place.item_id)}&locale=${encodeURIComponent(this.#lang)}`);
    } catch {
      this.#tell(this.#words.failed);
      return;
    }
    this.#root.querySelector(".card.open")?.classList.remove("open");
    this.#root.querySelector(`.card[data-id="${CSS.escape(place.item_id)}"]`)?.classList.add("open");
    this.#opener = place.item_id;
    dialog.replaceChildren(...this.#panel(place, why));
    if (!dialog.open) PHONE.matches ? dialog.showModal() : dialog.show();
    dialog.querySelector("h2").focus();
    this.dispatchEvent(new CustomEvent("why-rec-why", { detail: { ...place, list }, bubbles: true }));
  }

  #panel(place, why) {
    const words = this.#words;
    const question = h("h2", { id: "question", tabindex: "-1" }, words["question-mark"].replace("{item}", why.title));
    const close = h("button", { class: "act", "aria-label": words.close, click: () => this.#root.querySelector("dialog").close() }, icon("close"));
    const user = this.getAttribute("user");
    return [
      h("div", { class: "grip", "aria-hidden": "true" }),
      h("header", {}, this.#picture(place), question, close),
      h("p", { class: "because" }, sentence(why.main)),
      ...(why.shares.length ? [h("h3", {}, words["made-of"]), shareBar(why)] : []),
      ...(why.timed && why.marks.length ? [h("h3", {}, words.actions), legend(words), timeline(why, words), marksTable(why, words)] : []),
      h("ul", { class: "rows", "aria-label": words.reasons }, why.reasons.map((reason) => this.#row(reason, why))),
      why.covers && h("p", { class: "hint" }, why.covers),
      why.checked && h("p", { class: "checked", part: "checked" }, icon("check"), h("span", {}, sentence(why.checked))),
      user && h("div", { class: "three", part: "actions" }, ["like", "dislike", "hide"].map((kind) =>
        h("button", { click: () => this.#say(kind, place) }, icon(kind), words[kind]))),
      h("div", { class: "switch", part: "switch" }),
    ].filter(Boolean).map((part) => (part.className === "switch" ? this.#switchRow(part) : part));
  }

  #row(reason, why) {
    const largest = Math.max(...why.reasons.map((one) => one.weight));
    const row = h("li", { class: "row", part: "reason" });
    const off = reason.event_ids.length && this.getAttribute("user")
      ? h("button", { class: "not", click: () => { row.classList.add("struck"); this.#say("not_because", null, { event_ids: reason.event_ids }); } }, icon("never"), this.#words["not-this"])
      : null;
    row.append(h("div", { class: "said" }, h("span", {}, sentence(reason.text)), h("i", { style: `width:${(100 * reason.weight) / largest}%` })));
    row.append(h("b", { class: "share" }, reason.percent === null ? "" : share(reason.percent, why.language)), off ?? "");
    return row;
  }

  #switchRow(row) {
    const words = this.#words;
    row.replaceChildren(
      h("button", { role: "switch", "aria-checked": String(!this.#off), "aria-label": words.personal, click: () => this.#switch() }, h("i")),
      h("span", {}, h("b", {}, this.#off ? words.off : words.on), " ", this.#off ? words["off-text"] : words["on-text"]));
    return row;
  }

  #fillSwitch() {
    const row = this.#root.querySelector("dialog .switch");
    if (row) this.#switchRow(row);
  }

  #key(event) {
    if (event.key === "Escape") {
      event.preventDefault();
      this.#root.querySelector("dialog").close();
    }
  }

  #closed() {
    this.#root.querySelector(".card.open")?.classList.remove("open");
    this.#root.querySelector(`.card[data-id="${CSS.escape(this.#opener ?? "")}"] .why`)?.focus();
  }
}

// -- pictures of one answer: pure functions ---------------------------------------------------------------

const share = (percent, language) => (percent / 100).toLocaleString(language, { style: "percent" });

/** What the score is made of: one bar, or bars left and right of zero where a part lowers it. */
function shareBar(why) {
  const whole = why.shares.every((part) => part.percent !== null);
  const largest = Math.max(...why.shares.map((part) => Math.abs(part.weight)));
  const label = (part) => h("li", {}, h("i", { class: `mark ${part.part}` }), `${part.label} `,
    h("b", {}, part.percent === null ? part.weight.toFixed(2) : share(part.percent, why.language)));
  const around = ({ weight }) => `width:${(50 * Math.abs(weight)) / largest}%;margin-left:${50 + (50 * Math.min(weight, 0)) / largest}%`;
  const bar = h("div", { class: whole ? "bar" : "around" }, why.shares.map((part) => h("i", { class: part.part, style: whole ? `flex:${part.percent} 0 0` : around(part) })));
  return h("div", { part: "share", class: "made" }, h("div", { "aria-hidden": "true" }, bar), h("ul", { class: "labels" }, why.shares.filter((part) => part.percent !== 0).map(label)));
}

const legend = (words) =>
  h("p", { class: "legend", "aria-hidden": "true" }, h("i", { class: "up" }), words.raises, h("i", { class: "down" }), words.lowers, h("i", { class: "none" }), words["no-effect"]);

const WIDE = 392, HIGH = 132, BASE = 84, TOP = 18, LOW = 22;

/** Each event at its time: height is what it adds; the largest three and the lowest have their names. */
function timeline(why, words) {
  const first = Math.min(...why.marks.map((mark) => mark.at));
  const last = Math.max(Date.now() / 1000 - first < 400 * 86400 ? Date.now() / 1000 : 0, ...why.marks.map((mark) => mark.at));
  const limit = Math.max(...why.marks.map((mark) => Math.abs(mark.weight))) || 1;
  const x = (at) => 8 + ((WIDE - 20) * (at - first)) / Math.max(1, last - first);
  const y = (weight) => (weight >= 0 ? BASE - ((BASE - TOP) * weight) / limit : BASE - (LOW * weight) / limit);
  const drawn = h("svg", { viewBox: `0 0 ${WIDE} ${HIGH}`, class: "time", part: "timeline", "aria-hidden": "true" });
  for (const [at, text] of months(first, last, why)) {
    drawn.append(h("line", { x1: x(at), x2: x(at), y1: TOP - 10, y2: BASE + LOW, class: "tick" }), h("text", { x: x(at), y: HIGH - 4 }, text));
  }
  drawn.append(h("text", { x: WIDE - 2, y: HIGH - 4, "text-anchor": "end", class: "now" }, words.today));
  drawn.append(h("line", { x1: 0, x2: WIDE, y1: BASE, y2: BASE, class: "axis" }));
  for (const mark of why.marks) {
    const [px, py] = [x(mark.at), y(mark.weight)];
    if (mark.small) drawn.append(h("circle", { cx: px, cy: BASE, r: 3.5, class: "none" }));
    else if (mark.weight > 0) drawn.append(h("line", { x1: px, x2: px, y1: BASE, y2: py, class: "up" }), h("circle", { cx: px, cy: py, r: 4.5, class: "up" }));
    else drawn.append(h("line", { x1: px, x2: px, y1: BASE, y2: py, class: "down" }), h("polygon", { points: `${px - 5},${py - 2} ${px + 5},${py - 2} ${px},${py + 7}`, class: "down" }));
  }
  drawn.append(...names(why.marks, x, y));
  return drawn;
}

/** Labels of the largest three and the lowest; one that would overlap is left out. */
function names(marks, x, y) {
  const down = marks.filter((mark) => mark.weight < 0 && !mark.small).sort((a, b) => a.weight - b.weight).slice(0, 1);
  const up = marks.filter((mark) => mark.weight > 0 && !mark.small).sort((a, b) => b.weight - a.weight).slice(0, 3);
  const taken = [];
  return [...up, ...down].flatMap((mark) => {
    const text = mark.name.length > 16 ? `${mark.name.slice(0, 15)}…` : mark.name;
    const wide = [...text].reduce((sum, letter) => sum + (letter > "\u2e7f" ? 12 : 6.6), 0);
    const right = x(mark.at) + 8 + wide > WIDE;
    const start = right ? x(mark.at) - 8 - wide : x(mark.at) + 8;
    const level = mark.weight > 0 ? y(mark.weight) + 4 : y(mark.weight) + 8;
    const box = [start, start + wide, level - 11, level + 3];
    const hits = taken.some((other) => box[0] < other[1] + SMALLEST_GAP && other[0] < box[1] + SMALLEST_GAP && box[2] < other[3] && other[2] < box[3]);
    const crossed = marks.some((other) => other !== mark && !other.small && x(other.at) > box[0] - 4 && x(other.at) < box[1] + 4 && y(other.weight) < box[3] && other.weight > 0 === mark.weight > 0);
    if (start < 0 || hits || crossed) return [];
    taken.push(box);
    return [h("text", { x: start, y: level, class: "name" }, text)];
  });
}

/** First days of months, or of weeks in a short time, with their names. */
function months(first, last, why) {
  const days = (last - first) / 86400;
  const step = Math.max(1, Math.ceil(days / 30.4 / 5));
  const form = new Intl.DateTimeFormat(why.language, days > 45 ? { month: "short", timeZone: why.time_zone } : { month: "short", day: "numeric", timeZone: why.time_zone });
  const found = [];
  if (days <= 45) for (let at = first; at < last - 4 * 86400; at += Math.max(1, Math.ceil(days / 4)) * 86400) found.push(at);
  else for (let k = 1, at; ; k += step) {
    const start = new Date(first * 1000);
    at = Date.UTC(start.getUTCFullYear(), start.getUTCMonth() + k) / 1000;
    if (at > last - days * 86400 * 0.12) break;
    found.push(at);
  }
  return found.map((at) => [at, form.format(at * 1000)]);
}

function marksTable(why, words) {
  const form = new Intl.DateTimeFormat(why.language, { dateStyle: "medium", timeZone: why.time_zone });
  const row = (mark) => h("tr", {}, h("td", {}, form.format(mark.at * 1000)), h("td", {}, mark.name), h("td", {}, mark.weight.toFixed(3)));
  const head = h("tr", {}, h("th", { scope: "col" }, words.when), h("th", { scope: "col" }, words.reasons), h("th", { scope: "col" }, words.effect));
  return h("details", {}, h("summary", {}, words.table), h("table", {}, head, why.marks.map(row)));
}

// -- style: every colour and size can be set from outside by a custom property of the same name -----------------

const HATCH = "repeating-linear-gradient(45deg, var(--_hatch) 0 1.5px, var(--_popular) 1.5px 5px)";
const TOKENS = {
  ink: ["#18222D", "#E8EDF2"], "ink-2": ["#4A5868", "#B4C0CC"], "ink-3": ["#647283", "#93A1B0"], card: ["#FFFFFF", "#18212B"],
  line: ["#DCE2E9", "#2E3A47"], "line-2": ["#EBEFF3", "#26313D"], brand: ["#0B4F8A", "#7DB8EA"],
  "brand-tint": ["#E6F0F8", "#1B3449"], link: ["#0B5CA3", "#7DB8EA"], bought: ["#0B4F8A", "#6FB1E8"], order: ["#14756A", "#9ADFC9"],
  content: ["#C46AA8", "#D070AC"], explore: ["#D9A400", "#EBC24A"], popular: ["#C3CBD4", "#66737F"], hatch: ["#7C8997", "#9AA7B4"],
  raises: ["#1F6FB2", "#6FB1E8"], lowers: ["#B5480F", "#F0925A"], "ok-ink": ["#14603A", "#7FD8AC"], "ok-tint": ["#E5F4EC", "#17342A"],
};
const STYLE = `
:host { display: block; color-scheme: var(--color-scheme, light dark); ${Object.entries(TOKENS).map(([name, [day, night]]) => `--_${name}: var(--${name}, light-dark(${day}, ${night}));`).join(" ")}
  color: var(--_ink); font: 400 14px/20px var(--font, system-ui, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif); font-variant-numeric: tabular-nums; }
:host([hidden]) { display: none; }
* { box-sizing: border-box; } p, ol, ul, h2, h3 { margin: 0; padding: 0; list-style: none; font: inherit; }
button { font: inherit; color: inherit; background: none; border: 0; padding: 0; cursor: pointer; text-align: start; }
a { color: var(--_link); } :focus-visible { outline: 2px solid var(--_brand); outline-offset: 2px; } h2:focus { outline: none; }
.icon { width: 18px; height: 18px; flex: none; fill: none; stroke: currentColor; stroke-width: 1.9; stroke-linecap: round; stroke-linejoin: round; }
.whole { display: grid; grid-template-columns: minmax(0, 1fr); gap: 20px; align-items: start; position: relative; }
.reason, .row, .checked, .switch, .labels, .algorithm { font-size: 13px; line-height: 18px; }
.algorithm { color: var(--_ink-2); margin-bottom: 10px; }
ol { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(220px, 42%), 1fr)); gap: 14px; }
.card { background: var(--_card); border: 1px solid var(--_line); border-radius: 12px; display: flex; flex-direction: column; overflow: hidden; }
.card.open { border-color: var(--_brand); box-shadow: 0 0 0 1px var(--_brand); }
.picture { aspect-ratio: 1.55; position: relative; display: grid; place-items: center; background: var(--picture, #EEF3F8); color: #647283; cursor: pointer; }
.picture img { position: absolute; width: 100%; height: 100%; object-fit: contain; } .picture > .icon { width: 44px; height: 44px; stroke-width: 1.2; }
.text { padding: 10px 12px 0; display: flex; flex-direction: column; gap: 3px; flex: 1; }
.title { font-weight: 700; } .title:hover { text-decoration: underline; } .price { font-weight: 700; min-height: 20px; display: flex; gap: 8px; }
.chip { font-weight: 400; font-size: 12px; padding: 0 8px; border-radius: 10px; background: var(--_brand-tint); color: var(--_link); }
.reason { display: flex; gap: 8px; margin-top: auto; padding: 6px 9px; border-radius: 8px; background: var(--_brand-tint); min-height: 48px; }
.reason span { display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; overflow: hidden; overflow-wrap: anywhere; }
.mark { flex: none; display: inline-block; width: 10px; height: 10px; border-radius: 3px; margin-top: 4px; }
.bought { background: var(--_bought); } .order { background: var(--_order); } .content { background: var(--_content); } .explore { background: var(--_explore); } .popular { background: ${HATCH}; }
.acts { display: flex; align-items: center; gap: 2px; padding: 6px 8px 8px 12px; min-height: 46px; }
.why { color: var(--_link); font-weight: 700; font-size: 13px; text-decoration: underline; text-underline-offset: 3px; margin-inline-end: auto; min-height: 28px; }
.act { display: grid; place-items: center; width: 34px; height: 32px; border-radius: 8px; color: var(--_ink-2); } .act:hover, .three button:hover, .not:hover { background: var(--_brand-tint); }
.empty { grid-column: 1 / -1; padding: 28px; text-align: center; color: var(--_ink-2); }
.status { position: sticky; bottom: 12px; margin-top: 12px; z-index: 2; width: fit-content; border-radius: 8px; background: #18222D; color: #fff; } .status > * { display: inline-block; padding: 8px 14px; } .status button { color: #7DB8EA; font-weight: 700; }
dialog { margin: 0; padding: 14px 18px 18px; border: 1px solid var(--_line); border-radius: 14px; background: var(--_card); color: inherit; box-shadow: 0 6px 28px rgb(24 34 45 / 16%); }
dialog[open] { display: flex; flex-direction: column; gap: 9px; position: fixed; inset: 12px 12px auto auto; width: min(432px, calc(100vw - 24px)); max-height: calc(100vh - 24px); overflow-y: auto; z-index: 3; }
.grip { display: none; } header { display: flex; align-items: center; gap: 10px; } h2 { font-weight: 700; font-size: 16px; line-height: 24px; flex: 1; }
header .picture { width: 44px; aspect-ratio: 1; border-radius: 8px; overflow: hidden; flex: none; } header .picture > .icon { width: 24px; height: 24px; }
h3 { font-weight: 700; color: var(--_ink-2); }
.bar { display: flex; gap: 2px; height: 26px; border-radius: 6px; overflow: hidden; } .around { display: grid; gap: 3px; background: linear-gradient(var(--_line), var(--_line)) 50% 0 / 1px 100% no-repeat; } .around i { height: 12px; border-radius: 3px; }
.labels { display: flex; flex-wrap: wrap; gap: 2px 14px; margin-top: 6px; } .labels li { display: flex; gap: 6px; }
.legend { display: flex; align-items: center; flex-wrap: wrap; gap: 6px; } .legend i { width: 10px; height: 10px; border-radius: 50%; margin-inline-start: 8px; }
.legend i:first-child { margin: 0; } .legend .up { background: var(--_raises); } .legend .down { border: 5px solid transparent; border-top: 9px solid var(--_lowers); border-bottom: 0; width: 0; height: 0; border-radius: 0; } .legend .none { border: 1.5px solid var(--_ink-3); }
.time { width: 100%; overflow: visible; } .time .axis { stroke: var(--_ink-3); } .time .tick { stroke: var(--_line); stroke-dasharray: 3 3; } .time text { font-size: 12px; fill: var(--_ink-2); } .time .name { fill: var(--_ink); }
.time line.up { stroke: var(--_raises); stroke-width: 2.5; } .time circle.up { fill: var(--_raises); } .time line.down { stroke: var(--_lowers); stroke-width: 2.5; } .time polygon.down { fill: var(--_lowers); } .time .none { fill: var(--_card); stroke: var(--_ink-3); stroke-width: 1.5; }
.hint, .legend, details { font-size: 12px; line-height: 17px; color: var(--_ink-2); } summary { color: var(--_link); cursor: pointer; line-height: 24px; width: fit-content; } table { border-collapse: collapse; width: 100%; } th, td { text-align: start; padding: 2px 6px 2px 0; border-bottom: 1px solid var(--_line-2); } td:last-child, th:last-child { text-align: end; padding: 2px 0; }
.row { display: grid; grid-template-columns: minmax(0, 1fr) auto auto; gap: 10px; align-items: center; padding: 7px 0; border-bottom: 1px solid var(--_line-2); }
.said i { display: block; height: 5px; margin-top: 4px; border-radius: 3px; background: var(--_bought); } .struck .said { text-decoration: line-through; opacity: .6; }
.not, .three button { display: flex; justify-content: center; align-items: center; gap: 6px; min-height: 30px; padding: 2px 9px; border: 1px solid var(--_line); border-radius: 8px; font-size: 13px; white-space: nowrap; } .struck .not { visibility: hidden; }
.checked { display: flex; gap: 10px; padding: 9px 12px; border-radius: 8px; background: var(--_ok-tint); color: var(--_ok-ink); }
.three { display: grid; grid-template-columns: repeat(3, 1fr); gap: 8px; }
.switch { display: flex; gap: 10px; align-items: center; border-top: 1px solid var(--_line); padding-top: 12px; }
[role="switch"] { flex: none; width: 40px; height: 22px; border-radius: 11px; background: var(--_ink-3); padding: 3px; } [role="switch"] i { display: block; width: 16px; height: 16px; border-radius: 50%; background: #fff; }
[role="switch"][aria-checked="true"] { background: #0B4F8A; } [role="switch"][aria-checked="true"] i { margin-inline-start: auto; }
@media (min-width: 1000px) {
  :host([reserve]) .whole, .whole:has(dialog[open]) { grid-template-columns: minmax(0, 1fr) 432px; }
  dialog[open] { position: sticky; inset: 12px auto auto auto; width: auto; }
}
@media (max-width: 599px) {
  ol { grid-template-columns: 1fr 1fr; gap: 10px; } .picture { aspect-ratio: 1.2; } .act { height: 38px; } .acts { flex-wrap: wrap; padding-inline: 8px; } .why { width: 100%; } .not, .three button { min-height: 38px; }
  dialog[open] { inset: auto 0 0 0; width: 100vw; max-width: none; max-height: 86vh; border-radius: 18px 18px 0 0; padding-top: 8px; } dialog::backdrop { background: rgb(24 34 45 / 45%); }
  .grip { display: block; width: 40px; height: 4px; border-radius: 2px; background: var(--_line); align-self: center; }
}
@media (prefers-reduced-motion: no-preference) { dialog[open] { animation: rise .2s ease-out; } @keyframes rise { from { opacity: 0; translate: 0 8px; } } }
`;

customElements.get("why-rec") || customElements.define("why-rec", WhyRec);
