// What the stems were taken from, in their place: on the same clock, and as loud as they are mixed.
const power = ({ dataset }) => 10 ** (parseFloat(dataset.loudness) / 10);

// What it is played with, in per cent, where the stems are heard with `gains`. Stems of which it is not known
// how loud they are, are as loud as it is.
function level(original, channels, gains) {
  const mixed = channels.reduce((sum, { element }, index) => sum + (gains[index] / 100) ** 2 * power(element), 0);
  const ratio = mixed / power(original);
  return ratio > 0 ? 100 * Math.sqrt(ratio) : 100;
}

// Switch it on or off; gives what is to be said.
export function press(mixer, button) {
  const isOn = button.getAttribute("aria-pressed") === "false";
  button.setAttribute("aria-pressed", isOn);
  const silent = mixer.channels.map(() => 0);
  mixer.heard = (gains) => (isOn ? [...silent, level(button, mixer.channels, gains)] : gains.concat(0));
  mixer.mixed();
  return isOn ? "Original" : "Stems";
}
