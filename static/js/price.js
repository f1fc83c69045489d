// The price on the button is that of all that is chosen, as it is chosen. The server writes it first.
const button = document.querySelector("[data-price]");
const sources = document.querySelector("[data-sources]");
const left = document.querySelector("[data-left]");
const byHand = document.querySelector("[name=audio_url]");
const number = new Intl.NumberFormat("en", { maximumFractionDigits: 2 });

function count() {
  if (byHand?.value) return 1;
  const coming = sources.querySelectorAll('[data-under-way] > [data-state="waiting"]').length;
  const files = sources.querySelectorAll("[name=upload][data-source]:checked").length + coming;
  return files || sources.querySelectorAll("[name=track][data-source]:checked").length;
}

function credits(amount) {
  return `${number.format(amount)} credit${amount === 1 ? "" : "s"}`;
}

function rest(free, needed) {
  if (needed <= free) return `${number.format(free - needed)} left afterwards.`;
  if (free <= 0) return "The credits are gone.";
  return `Not enough credits for this: ${number.format(free)} left, about ${number.format(needed)} needed.`;
}

function draw() {
  const { each, free, one, many } = button.dataset;
  const chosen = count();
  const needed = each * Math.max(chosen, 1);
  const label = chosen > 1 ? many.replace("{}", chosen) : one;
  button.textContent = `${label} · about ${credits(needed)}${chosen ? "" : " each"}`;
  if (free !== undefined) left.textContent = rest(Number(free), needed);
}

if (button) {
  button.form.addEventListener("input", draw);
  button.form.addEventListener("change", draw);
  const watched = { childList: true, subtree: true, attributeFilter: ["data-state"] };
  new MutationObserver(draw).observe(sources, watched);
  // After Back the browser has put choices back by now.
  window.addEventListener("pageshow", draw);
  draw();
}
