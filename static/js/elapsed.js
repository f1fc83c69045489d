// <time data-since="ISO"> shows the time that has passed since then.
import { clock } from "./times.js";

setInterval(() => {
  if (document.hidden) return;
  for (const time of document.querySelectorAll("time[data-since]")) {
    time.textContent = clock(Math.max(0, (Date.now() - Date.parse(time.dataset.since)) / 1000));
  }
}, 1000);
