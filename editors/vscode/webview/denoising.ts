// The view of the denoising panel: draws a step, and lets the user go through them.
import { type Explanation, type Frame, type FromView, percent, story, type ToView, visible } from '../src/explanation';

declare function acquireVsCodeApi(): { postMessage(message: FromView): void };

/** How long a step stays while steps are played. */
const playMS = 350;

const vscode = acquireVsCodeApi();
const where = element('where');
const play = element('play');
const slider = element('step') as HTMLInputElement;
const caption = element('caption');
const canvas = element('canvas');
const told = element('story');
const objections = element('objections');
const result = element('result');

let steps: Frame[] = [];
let at = 0; // of steps
let chosen: number | undefined; // the slot that is told about
let playing: ReturnType<typeof setInterval> | undefined;

function element(id: string): HTMLElement {
  return document.getElementById(id)!;
}

function make(name: string, text: string, className = ''): HTMLElement {
  const made = document.createElement(name);
  made.textContent = text;
  made.className = className;
  return made;
}

function go(to: number): void {
  at = Math.max(0, Math.min(to, steps.length - 1));
  slider.max = String(Math.max(1, steps.length));
  slider.value = String(at + 1);
  draw();
}

function draw(): void {
  const frame = steps[at];
  caption.textContent = frame === undefined ? '' : `${at + 1} of ${steps.length}, block ${frame.block + 1}, ${frame.took_ms.toFixed(1)} ms`;
  canvas.replaceChildren(...(frame?.slots ?? []).map((slot, i) => {
    const waits = frame?.waiting?.some((o) => o.slot === i) ?? false;
    const button = make('button', visible(slot) + (waits ? '‖' : ''), `slot ${slot.state}${slot.fresh ? ' fresh' : ''}${i === chosen ? ' chosen' : ''}`);
    const sure = make('span', '', 'sure');
    sure.style.width = percent(slot.confidence).replace(' ', '');
    button.append(sure);
    button.title = story(steps, at, i).join('\n');
    button.ariaLabel = `Slot ${i + 1}: ${slot.state === 'text' ? slot.text : slot.state === 'end' ? 'the end' : 'masked'}`;
    button.addEventListener('click', () => {
      chosen = i === chosen ? undefined : i;
      draw();
      (canvas.children[i]?.firstElementChild as HTMLElement | null)?.focus();
    });
    const item = document.createElement('li');
    item.append(button);
    return item;
  }));
  told.replaceChildren(...(chosen === undefined ? [] : [make('h2', `Slot ${chosen + 1}`), ...story(steps, at, chosen).map((line) => make('p', line))]));
  const list = [
    ...(frame?.waiting ?? []).map((o) => ({ ...o, verb: '‖ waits' })),
    ...(frame?.vetoed ?? []).map((o) => ({ ...o, verb: '✗ vetoed' })),
    ...(frame?.remasked ?? []).map((o) => ({ ...o, verb: '↺ masked again' })),
  ];
  objections.replaceChildren(...(list.length === 0 ? [] : [make('h2', 'What did not stand in this step'), table(list)]));
}

function table(list: (NonNullable<Frame['waiting']>[number] & { verb: string })[]): HTMLElement {
  const made = document.createElement('table');
  made.append(row('th', ['slot', 'token', 'sure', '', 'for slot', 'rule']));
  for (const o of list) {
    const token = visible({ state: o.text === '' ? 'end' : 'text', text: o.text });
    const why = [o.rule, o.name].filter(Boolean).join(': ');
    made.append(row('td', [String(o.slot + 1), token, percent(o.confidence), o.verb, o.for >= 0 ? String(o.for + 1) : '', why]));
  }
  return made;
}

function row(cell: string, texts: string[]): HTMLElement {
  const made = document.createElement('tr');
  made.append(...texts.map((text) => make(cell, text)));
  return made;
}

function finish(e: Explanation): void {
  const parts = [make('p', `${e.hole.place} in ${e.hole.language} · prompt of ${e.prompt.tokens} tokens, ${e.prompt.reused} of them cached · ` +
    `${e.result.forwards} forward passes in ${e.result.elapsed_ms.toFixed(0)} ms`)];
  for (const cut of e.fit.cuts) {
    parts.push(make('h2', `Cut off, as it ${cut.reason}`), make('pre', cut.text));
  }
  parts.push(...(e.result.text === '' ? [make('h2', `Nothing is shown: ${e.fit.verdict}`)] : [make('h2', 'Shown'), make('pre', e.result.text)]));
  if (!e.order && e.result.mode === 'diffusion') {
    const on = make('button', 'Have tokens wait (seedls.order)');
    on.addEventListener('click', () => vscode.postMessage({ kind: 'turnOrderOn' }));
    parts.push(make('p', 'Nothing waits for anything, as the setting seedls.order is off.'), on);
  }
  result.replaceChildren(...parts);
}

function stop(): void {
  clearInterval(playing);
  playing = undefined;
  play.textContent = 'Play';
}

play.addEventListener('click', () => {
  if (playing !== undefined) {
    stop();
    return;
  }
  go(at === steps.length - 1 ? 0 : at);
  play.textContent = 'Pause';
  playing = setInterval(() => {
    go(at + 1);
    if (at === steps.length - 1) {
      stop();
    }
  }, playMS);
});

slider.addEventListener('input', () => {
  stop();
  go(Number(slider.value) - 1);
});

window.addEventListener('message', ({ data }: MessageEvent<ToView>) => {
  switch (data.kind) {
    case 'begin':
      stop();
      where.textContent = data.where;
      steps = [];
      chosen = undefined;
      result.replaceChildren();
      go(0);
      break;
    case 'step':
      steps.push(data.frame);
      go(steps.length - 1);
      break;
    case 'done':
      steps = data.explanation.steps;
      go(steps.length - 1);
      finish(data.explanation);
      break;
    case 'failed':
      result.replaceChildren(make('p', data.message));
      break;
  }
});

vscode.postMessage({ kind: 'ready' });
