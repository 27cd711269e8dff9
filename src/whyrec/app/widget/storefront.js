// The demo's storefront: puts what is chosen in the bar into the attributes of <why-rec>, and keeps it in the address.

const { words, tabs } = JSON.parse(document.getElementById("told").textContent);
const list = document.querySelector("why-rec");
const chosen = document.querySelector(".chosen");
const [user, lang] = ["user", "lang"].map((name) => document.querySelector(`select[name=${name}]`));
const sharing = document.querySelector("input[name=sharing]");
const search = document.querySelector("input[name=text]");
const address = new URL(location.href);
const of = (name) => address.searchParams.get(name);

/** Draw what the address says. */
function show() {
  const tab = of("tab") in tabs ? of("tab") : "personal";
  user.value = of("user") ?? user.options[1]?.value ?? "";
  for (const button of document.querySelectorAll("[data-tab]")) button.setAttribute("aria-selected", String(button.dataset.tab === tab));
  const [title, text] = tabs[tab];
  document.querySelector("h1").textContent = title;
  document.querySelector(".what").textContent = tab === "related" && !of("item") ? words.first : text;
  search.value = of("text") ?? "";
  const related = tab === "related" && of("item");
  set("user", user.value);
  set("text", of("text"));
  set("scenario", tab === "related" && !related ? "personal" : tab);
  set("context", related);
  set("relation", related && of("relation"));
  for (const button of document.querySelectorAll("[data-relation]")) button.setAttribute("aria-pressed", String(button.dataset.relation === of("relation")));
  for (const part of document.querySelectorAll("[data-for]")) part.hidden = part.dataset.for !== tab || (tab === "related" && !related) || !user.value;
  showChosen();
  showSharing();
}

function set(name, value) {
  if (value) list.setAttribute(name, value);
  else list.removeAttribute(name);
}

/** Change the address and draw it. */
function go(changes) {
  for (const [name, value] of Object.entries(changes)) {
    if (value) address.searchParams.set(name, value);
    else if (value === "" && name === "user") address.searchParams.set(name, "");
    else address.searchParams.delete(name);
  }
  history.pushState(null, "", address);
  show();
}

async function showChosen() {
  const item = of("item");
  chosen.hidden = !item;
  if (!item) return;
  const name = encodeURIComponent(item);
  const answer = await fetch(`/v1/items?item_id=${name}&locale=${lang.value}`);
  if (!answer.ok || of("item") !== item) return;
  const { title, price } = await answer.json();
  chosen.querySelector("b").textContent = title;
  chosen.querySelector("img").src = `/v1/items/picture?item_id=${name}`;
  chosen.querySelector(".price").textContent = price ?? "";
}

/** Draw whether the shopper allows their other accounts to count. */
async function showSharing() {
  if (!user.value) return;
  const answer = await fetch(`/v1/profile?user_id=${encodeURIComponent(user.value)}`);
  if (answer.ok) sharing.checked = (await answer.json()).sharing;
}

const send = (method, path, body) =>
  fetch(path, { method, headers: { "content-type": "application/json" }, body: JSON.stringify(body) });

/** Tell the shop what the shopper did with the chosen product; the list follows. */
async function act(kind) {
  if (!user.value) return;
  const event = { user_id: user.value, item_id: of("item"), kind };
  const answer = await send("POST", "/v1/events", { events: [event] });
  if (!answer.ok) return;
  chosen.querySelector(".hint").textContent = words.done;
  await list.refresh();
}

for (const button of document.querySelectorAll("[data-tab]")) button.addEventListener("click", () => go({ tab: button.dataset.tab }));
for (const button of document.querySelectorAll("[data-kind]")) button.addEventListener("click", () => act(button.dataset.kind));
for (const button of document.querySelectorAll("[data-relation]")) {
  const name = button.dataset.relation;
  button.addEventListener("click", () => go({ relation: of("relation") === name ? null : name }));
}
sharing.addEventListener("change", async () => {
  await send("PUT", "/v1/preferences", { user_id: user.value, sharing: sharing.checked });
  await list.refresh();
});
user.addEventListener("change", () => go({ user: user.value, item: null }));
lang.addEventListener("change", () => { address.searchParams.set("lang", lang.value); location.href = address; });
search.form.addEventListener("submit", (event) => { event.preventDefault(); go({ text: search.value.trim() }); });
list.addEventListener("why-rec-choose", (event) => { chosen.querySelector(".hint").textContent = words.chosen; go({ item: event.detail.item_id, tab: "related" }); });
addEventListener("popstate", () => location.reload());
show();
