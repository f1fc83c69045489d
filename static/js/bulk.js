// The bar below the list, which the style shows while something is chosen, counts what is.
const bar = document.getElementById("bulk");
const picked = () => [...document.querySelectorAll(".pick:checked")];

function draw() {
  bar.querySelector("[data-count]").textContent = `${picked().length} selected`;
}

if (bar) {
  document.addEventListener("change", draw);
  document.addEventListener("htmx:afterSwap", draw);
  bar.querySelector("[data-none]").addEventListener("click", () => {
    for (const box of picked()) {
      box.checked = false;
      box.dispatchEvent(new Event("change", { bubbles: true }));
    }
  });
  draw();
}
