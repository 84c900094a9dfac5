/** What seedls/explain answers, as far as it is shown. See the documentation of completion.Explanation of the server. */
export interface Explanation {
  hole: { language: string; place: string; line: number; column: number };
  prompt: { tokens: number; reused: number };
  order: boolean;
  steps: Frame[];
  fit: { cuts: { text: string; reason: string }[]; verdict: string };
  result: { text: string; raw: string; mode: string; forwards: number; elapsed_ms: number };
}

/** The canvas after a step. */
export interface Frame {
  block: number;
  index: number;
  took_ms: number;
  slots: Slot[];
  waiting?: Objection[];
  vetoed?: Objection[];
  remasked?: Objection[];
}

export interface Slot {
  state: 'mask' | 'end' | 'text';
  text?: string;
  confidence?: number;
  fresh?: boolean;
}

/** A token that could not be committed in its slot, or not yet: it waits for the slot `for`, if that is not -1. */
export interface Objection {
  slot: number;
  text: string;
  confidence: number;
  rule?: string;
  name?: string;
  for: number;
}

/** What the panel and the view in it say to each other. */
export type ToView =
  | { kind: 'begin'; where: string }
  | { kind: 'step'; frame: Frame }
  | { kind: 'done'; explanation: Explanation }
  | { kind: 'failed'; message: string };
export type FromView = { kind: 'ready' } | { kind: 'turnOrderOn' };

/** The text of a slot on one line, white space made visible. */
export function visible(slot: Pick<Slot, 'state' | 'text'>): string {
  switch (slot.state) {
    case 'mask':
      return '▒';
    case 'end':
      return '■';
    case 'text':
      return (slot.text ?? '').replaceAll('\r', '').replaceAll('\n', '↵').replaceAll('\t', '→').replaceAll(' ', '·');
  }
}

/** Says in sentences what became of a slot up to a step: steps and slots are counted from 1. */
export function story(steps: Frame[], at: number, slot: number): string[] {
  const current = steps[at];
  const said: string[] = [];
  steps.slice(0, at + 1).forEach((frame, i) => {
    if (frame.block !== current?.block) {
      return;
    }
    const about = (list: Objection[] | undefined, verb: string) => {
      for (const o of list ?? []) {
        if (o.slot === slot) {
          const waits = o.for >= 0 ? ` for slot ${o.for + 1}` : '';
          const why = [o.rule, o.name].filter(Boolean).join(': ');
          said.push(`Step ${i + 1}: ${word(o.text)} ${verb}${waits}${why === '' ? '' : ` (${why})`}.`);
        }
      }
    };
    about(frame.waiting, 'waited');
    about(frame.vetoed, 'was vetoed');
    about(frame.remasked, 'was masked again');
    const now = frame.slots[slot];
    if (now?.fresh) {
      said.push(`Step ${i + 1}: ${word(now.text ?? '')} was committed at ${percent(now.confidence)}.`);
    }
  });
  if (current?.slots[slot]?.state === 'mask') {
    said.push('It is still masked.');
  }
  return said;
}

function word(text: string): string {
  return text === '' ? 'the end of the text' : `“${visible({ state: 'text', text })}”`;
}

/** A share as a person reads it. */
export function percent(share: number | undefined): string {
  return `${Math.round(100 * (share ?? 0))} %`;
}
