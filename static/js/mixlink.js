// What is set in a mixer as the address of its page, so that a link gives it to somebody else:
// ?mix=12:80,13:100mp-30&master=90&loop=12.5-30&pace=80,-2&click=80,4,1
import { RATE } from "./slices.js";

const NAMES = ["mix", "master", "loop", "pace", "click"];
// By hand: the address stays legible.
const said = ({ searchParams }, name) => (searchParams.has(name) ? [`${name}=${searchParams.get(name)}`] : []);
const tenths = (frames) => Math.round((frames / RATE) * 10) / 10;

// Return the page's address with what is set; what is as it was at first is left out.
export function linkTo({ channels, loop, pace, master, counting }) {
  const address = new URL(location);
  for (const name of NAMES) address.searchParams.delete(name);
  const parts = [address.searchParams.toString()];
  if (channels.some((channel) => String(channel) !== `${channel.key}:100`)) parts.push(`mix=${channels.join(",")}`);
  if (master.gain !== 100) parts.push(`master=${master.gain}`);
  if (loop) parts.push(`loop=${tenths(loop.begin)}-${tenths(loop.end)}`);
  if (!pace.isRecorded) parts.push(`pace=${pace}`);
  if (!counting.isOff) parts.push(`click=${counting}`);
  address.search = parts.filter(Boolean).join("&");
  return address;
}

// Return what a file of the mix is asked for with: of each stem what is heard of it, `gains` in per cent.
export function exportOf({ channels, pace, master, counting }, gains) {
  const query = new URLSearchParams(gains.map((gain, index) => [channels[index].key, gain]));
  for (const { key, pan } of channels) if (Number(pan.value)) query.set(`pan${key}`, pan.value);
  const { tempo, key, isRecorded } = pace;
  if (master.gain !== 100) query.set("master", master.gain);
  if (!isRecorded) for (const [name, { value }] of Object.entries({ tempo, key })) query.set(name, value);
  if (counting.beats && counting.click.gain) query.set("click", counting.click.gain);
  return query;
}

// Return what the mixer's address says, as "mix=…&loop=…".
export const mixOf = (address) => NAMES.flatMap((name) => said(address, name)).join("&");

// Set channels, pace and master as the page's address says; return its loop's ends in seconds, null for none.
export function readLink({ channels, pace, master, counting }) {
  const query = new URLSearchParams(location.search);
  const mix = new Map((query.get("mix") ?? "").split(",").map((part) => part.split(":")));
  for (const channel of channels) channel.read(mix.get(channel.key) ?? "100");
  pace.read(query.get("pace") ?? "");
  counting.read(query.get("click") ?? "");
  master.gain = query.get("master") ?? 100;
  const [from, to] = (query.get("loop") ?? "").split("-");
  return to ? [Number(from), Number(to)] : null;
}
