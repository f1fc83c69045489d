// What is set in a mixer as the address of its page, so that a link gives it to somebody else:
// ?mix=12:80,13:100mp-30&master=90&loop=12.5-30&pace=80,-2&click=80,4,1
import { RATE } from "./slices.js";

const tenths = (frames) => Math.round((frames / RATE) * 10) / 10;

// Return the page's address with what is set; what is as it was at first is left out.
export function linkTo({ channels, loop, pace, master, counting }) {
  const address = new URL(location);
  for (const name of ["mix", "master", "loop", "pace", "click"]) address.searchParams.delete(name);
  // By hand: the address stays legible.
  const parts = [address.searchParams.toString()];
  if (channels.some((channel) => String(channel) !== `${channel.key}:100`)) parts.push(`mix=${channels.join(",")}`);
  if (master.value !== "100") parts.push(`master=${master.value}`);
  if (loop) parts.push(`loop=${tenths(loop.begin)}-${tenths(loop.end)}`);
  if (!pace.isRecorded) parts.push(`pace=${pace}`);
  if (!counting.isOff) parts.push(`click=${counting}`);
  address.search = parts.filter(Boolean).join("&");
  return address;
}

// Set channels, pace and master as the page's address says; return its loop's ends in seconds, null for none.
export function readLink({ channels, pace, master, counting }) {
  const query = new URLSearchParams(location.search);
  const mix = new Map((query.get("mix") ?? "").split(",").map((part) => part.split(":")));
  for (const channel of channels) channel.read(mix.get(channel.key) ?? "100");
  pace.read(query.get("pace") ?? "");
  counting.read(query.get("click") ?? "");
  master.value = query.get("master") ?? "100";
  const [from, to] = (query.get("loop") ?? "").split("-");
  return to ? [Number(from), Number(to)] : null;
}
