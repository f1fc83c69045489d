// Times of a song, as they are shown and as they are typed.
const two = (number) => String(number).padStart(2, "0");

// 3:07, or 1:02:09, as the server writes it.
export function clock(seconds) {
  const whole = Math.floor(seconds || 0);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

// A time to loop from is finer than the clock: 1:02.5, or 1:02.53 with two digits.
export function fine(seconds, digits = 1) {
  const unit = 10 ** digits;
  const parts = Math.round(seconds * unit);
  const rest = String(parts % unit).padStart(digits, "0").replace(/0+$/, "");
  const whole = Math.floor(parts / unit);
  return `${Math.floor(whole / 60)}:${two(whole % 60)}` + (rest && `.${rest}`);
}

// "1:02.5" or "62.5" -> 62.5; NaN for what is no time.
export function seconds(text) {
  const match = /^(?:(\d+):)?(\d+(?:[.,]\d*)?)$/.exec(text.trim());
  return match ? Number(match[1] ?? 0) * 60 + Number(match[2].replace(",", ".")) : NaN;
}

// Wait so long, or until `signal` ends it.
export const wait = (milliseconds, signal) =>
  new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", resolve);
  });
