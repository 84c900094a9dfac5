/** An edit that replaces text, and lines that say what it does. */
export interface Change {
  before: string;
  after: string;
}

/** The longest text that is drawn beside code, in characters. */
const longest = 60;

/** Says on one line what becomes of a text, for the end of the line that it is on. */
export function summary({ before, after }: Change): string {
  if (before === '') {
    return `insert ${short(after)}`;
  }
  return after === '' ? `delete ${short(before)}` : `${short(before)} → ${short(after)}`;
}

function short(text: string): string {
  const line = text.trim().replaceAll(/\s*\n\s*/g, ' ⏎ ');
  return line.length <= longest ? line : `${line.slice(0, longest - 1)}…`;
}
