// A form goes with the token of now: a sign-in in another tab has made the page's own one invalid.
export const token = () => document.cookie.match(/(?:^|;\s*)csrftoken=([^;]+)/)?.[1];

document.addEventListener(
  "submit",
  ({ target }) => {
    const field = target.elements.namedItem("csrfmiddlewaretoken");
    if (field) field.value = token() ?? field.value;
  },
  true,
);
