// What is heard beside a mixer's mix, each in its place: what does it is fetched once it is asked for.
const LATER = { original: () => import("./original.js"), sides: () => import("./sides.js") };
const loadSwipe = () => import("./swipe.js");

// Return what a mixer plays, as its stems take it.
export const sounds = (mixer) =>
  [...mixer.querySelectorAll("[data-samples]")].map(({ dataset }) => {
    const isBeside = "original" in dataset;
    return { url: dataset.samples, frames: Number(dataset.frames), isBeside, gain: isBeside ? 0 : 1 };
  });

export function listen(mixer) {
  if (matchMedia("(any-pointer: coarse)").matches) {
    loadSwipe().then(({ swipe }) => mixer.channels.forEach((channel) => swipe(mixer, channel)));
  }
  // What is heard of each sound, of the stems' gains.
  mixer.heard = (gains) => gains;
  for (const [name, load] of Object.entries(LATER)) {
    const part = mixer.querySelector(`[data-${name}]`);
    part?.addEventListener("click", async () => mixer.say((await load()).press(mixer, part)));
  }
  if (history.state?.other) LATER.sides().then(({ draw }) => draw(mixer.querySelector("[data-sides]")));
}
