// Mixes that the band keeps: one is kept as the mixer's address says, and played without leaving the page.
const mixer = () => document.querySelector("studio-mixer");

document.addEventListener("htmx:configRequest", ({ detail }) => {
  if (detail.elt.matches(".mix-keep")) detail.parameters.query = new URL(mixer().linkPart.dataset.copy).search;
});

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-mix]");
  if (!link || !mixer() || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  history.replaceState(history.state, "", link.href);
  mixer().read();
  document.getElementById("live").textContent = link.textContent;
}, { capture: true });
