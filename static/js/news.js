// What became ready or failed while one looks at something else: a quiet notice, the title of a
// hidden page and, where the person asked for it, the system's own notification.
import { ask } from "./answers.js";

const EVERY = 15_000;
const WORDS = { finished: "Ready", failed: "Failed" };
const list = document.getElementById("news");
const told = new Set();
let title = document.title;
let since = Number(list?.dataset.now);
let timer;

const wanted = () => Notification.permission === "granted" && localStorage.getItem("notify") === "yes";

function notify(text, { task, url }) {
  try {
    const notification = new Notification(text, { tag: `task-${task}` });
    notification.addEventListener("click", () => {
      window.focus();
      location.assign(url);
    });
  } catch {
    // Some phones have the permission but no such notification: the title and the notice remain.
  }
}

function tell(news) {
  const text = `${WORDS[news.status]}: ${news.name}`;
  told.add(news.task);
  const shown = document.querySelector(`[data-status][data-task="${news.task}"]`);
  if (shown?.dataset.status === news.status) return;
  if (document.hidden) document.title = `● ${WORDS[news.status]} – ${title}`;
  if (document.hidden && window.Notification && wanted()) notify(text, news);
  // The page says so itself as soon as it is looked at.
  if (shown) return;
  const item = document.createElement("li");
  const link = Object.assign(document.createElement("a"), { href: news.url, textContent: text });
  const close = Object.assign(document.createElement("button"), { className: "round plain", textContent: "×" });
  close.setAttribute("aria-label", `Dismiss: ${text}`);
  close.addEventListener("click", () => item.remove());
  item.append(link, close);
  list.append(item);
}

async function look() {
  try {
    const answer = await ask(`${list.dataset.news}?since=${since}`);
    if (!answer.ok) return;
    const { now, tasks } = await answer.json();
    since = now;
    tasks.filter(({ task }) => !told.has(task)).forEach(tell);
  } catch (error) {
    // Away or signed out: the next look tells it. Refused: there is none.
    if (error.status >= 400) clearInterval(timer);
  }
}

function label() {
  const button = document.querySelector("[data-notify]");
  if (!button || !window.Notification) return;
  button.hidden = false;
  button.textContent = wanted() ? "Stop system notifications" : "Notify me when something is ready";
}

if (list) {
  timer = setInterval(look, EVERY);
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    document.title = title;
    look();
  });
}

label();
// A visit brings another page, with a menu of its own.
document.addEventListener("visit", () => {
  title = document.title;
  label();
});
document.addEventListener("click", async ({ target }) => {
  if (!target.closest("[data-notify]")) return;
  const on = !wanted() && (await Notification.requestPermission()) === "granted";
  localStorage.setItem("notify", on ? "yes" : "no");
  label();
  document.getElementById("live").textContent = on
    ? "You will be notified"
    : Notification.permission === "denied" ? "The browser does not allow it" : "No notifications";
});
