// A finger along a lane's name or its buttons sets its level: as far as a fader's whole way.
// Pixels: from where on it is no tap any more; the whole way.
const [FAR, WAY] = [8, 240];

export function swipe(mixer, { element, level, name }) {
  let held = null;
  const moves = {
    pointerdown: ({ pointerType, clientX }) => {
      held = pointerType === "mouse" ? null : { x: clientX, from: Number(level.range.value), isSwiped: false };
    },
    pointermove: ({ clientX }) => {
      if (!held || (!held.isSwiped && Math.abs(clientX - held.x) < FAR)) return;
      held.isSwiped = true;
      level.range.value = held.from + (clientX - held.x) / WAY;
      level.move(0);
    },
    pointerup: () => {
      if (held?.isSwiped) mixer.say(`${name} ${level.text}`);
      // A click that comes of it comes before.
      setTimeout(() => (held = null));
    },
    // The page scrolls.
    pointercancel: () => (held = null),
  };
  for (const part of element.querySelectorAll(".channel-name, .channel-buttons, .channel-open")) {
    for (const [kind, act] of Object.entries(moves)) part.addEventListener(kind, act);
    part.addEventListener("click", (event) => held?.isSwiped && event.stopImmediatePropagation(), { capture: true });
  }
}
