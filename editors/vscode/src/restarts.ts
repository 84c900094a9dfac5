/** How often a server that dies is started again: `limit` times in `withinMS` milliseconds. */
export class Restarts {
  private deaths: number[] = [];

  constructor(
    private readonly limit = 4,
    private readonly withinMS = 3 * 60_000,
  ) {}

  /** Takes note of a death at a time, and says whether the server may be started again. */
  mayRestart(nowMS: number): boolean {
    this.deaths = this.deaths.filter((at) => nowMS - at < this.withinMS);
    this.deaths.push(nowMS);
    return this.deaths.length <= this.limit;
  }

  /** Forgets the deaths: the user has started the server. */
  reset(): void {
    this.deaths = [];
  }
}
