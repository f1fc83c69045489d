// The screen stays on while somebody plays along; where a browser cannot do that, it goes off as ever.
let isWanted = false;
let lock = null;

async function take() {
  if (!isWanted || document.hidden || (lock && !lock.released)) return;
  const taken = await navigator.wakeLock?.request("screen").catch(() => null);
  lock = taken ?? null;
  if (!isWanted) lock?.release();
}

// A browser lets go of it whenever the page is out of sight.
document.addEventListener("visibilitychange", take);

export function keepAwake(wanted) {
  isWanted = wanted;
  if (wanted) take();
  else lock?.release();
}
