// What was set before, to be brought back. It stands in this entry of the history: a reload loses none.
const MOST = 50;

export class Past {
  constructor(now) {
    this.now = now;
    this.settings = history.state?.settings ?? [];
  }

  get isEmpty() {
    return !this.settings.length;
  }

  // Keep what was set until `now`.
  note(now) {
    if (now === this.now) return;
    this.settings = [...this.settings, this.now].slice(-MOST);
    this.now = now;
  }

  // Return what was set before, and forget what is.
  back() {
    this.now = this.settings.at(-1);
    this.settings = this.settings.slice(0, -1);
    return this.now;
  }
}
