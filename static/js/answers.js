// What an answer says beside its content, in one place for all that a page asks by itself: that the
// person is signed out, that what is shown is gone, that to ask once more is of no use.
// Looked up each time: a visit brings another page's.
const part = (id) => document.getElementById(id);
const GONE = "This was deleted. Nothing here can be played or changed any more.";
export const SIGNED_OUT = "You have been signed out. Sign in again in another tab, then try again.";
const REFUSED = "The studio does not answer this page any more. Load it anew.";

// Thrown for what another try would not change; `status` is the answer's.
export class RefusedError extends Error {
  constructor(address, status) {
    super(`${address}: ${status}`);
    this.status = status;
  }
}

// The sign-in page has answered in another's place: the session is over.
const isSignIn = (answered) => answered.startsWith(part("signed-out").querySelector("a").href);

// Return whether something on the page has been typed, or chosen for a form.
export const isTyped = () =>
  Boolean(document.querySelector("[data-source]:checked:not([checked])")) ||
  [...document.querySelectorAll("input:is([type=text], [type=url], [type=search], [type=password]), textarea")].some(
    (field) => field.value !== field.defaultValue,
  );

// A page that only shows things is one for who is signed in; one that is being filled stays.
function tellSignedOut() {
  if (document.querySelector("[data-refresh]") && !isTyped()) location.reload();
  else part("signed-out").hidden = false;
}

function tellRefused(status) {
  if (!part("refused").hidden) return;
  part("refused").querySelector("[data-reason]").textContent = status === 404 || status === 410 ? GONE : REFUSED;
  part("refused").hidden = false;
}

// Return whether this answer, from the address `answered`, is one to what was asked.
function isAnswer(status, answered) {
  if (isSignIn(answered)) tellSignedOut();
  else part("signed-out").hidden = true;
  return !isSignIn(answered) && (status < 400 || status >= 500);
}

// As fetch(), but throws RefusedError where another try would be of no use.
export async function ask(address, options) {
  const answer = await fetch(address, options);
  if (isAnswer(answer.status, answer.url)) return answer;
  // The page's own refresh knows whether it is the page itself that is gone.
  for (const part of document.querySelectorAll("[data-refresh]")) htmx.trigger(part, "refresh");
  throw new RefusedError(address, answer.status);
}

document.addEventListener("htmx:beforeOnLoad", (event) => {
  const { xhr, elt } = event.detail;
  if (isAnswer(xhr.status, xhr.responseURL)) return;
  // Nothing of it is shown in the place of what was asked for.
  event.preventDefault();
  if (isSignIn(xhr.responseURL) || !elt.matches("[data-refresh]")) return;
  delete elt.dataset.refresh;
  tellRefused(xhr.status);
});
