import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Condition, show } from '../src/condition';

const running: Condition = {
  server: 'running', failure: '', version: '1.0', model: 'seed-go-8m', working: 0, told: undefined, latencyMS: 41.6,
  snoozedUntilMS: 0, language: 'go', languageOn: true,
};
const normal = { busy: false, message: '', kind: 'Normal' } as const;
const now = 1000;

const cases: [string, Partial<Condition>, icon: string, first: RegExp][] = [
  ['ready', {}, '$(sparkle)', /^Ready/],
  ['told nothing special', { told: normal }, '$(sparkle)', /^Ready/],
  ['working', { working: 1 }, '$(loading~spin)', /at work/],
  ['working, as the server says', { told: { ...normal, busy: true } }, '$(loading~spin)', /at work/],
  ['starting', { server: 'starting' }, '$(loading~spin)', /starting/],
  ['stopped', { server: 'stopped' }, '$(error)', /stopped/],
  ['dead', { server: 'stopped', failure: 'It died.' }, '$(error)', /^It died\.$/],
  ['without a model', { told: { busy: false, message: 'no model', kind: 'Error' }, working: 1 }, '$(warning)', /^no model$/],
  ['off', { told: { busy: false, message: 'only by hand', kind: 'Inactive' } }, '$(circle-slash)', /^only by hand$/],
  ['snoozed', { snoozedUntilMS: now + 1 }, '$(bell-slash)', /^Snoozed/],
  ['awake again', { snoozedUntilMS: now }, '$(sparkle)', /^Ready/],
  ['off for the language', { languageOn: false }, '$(circle-slash)', /^Off for go/],
];
for (const [name, change, icon, first] of cases) {
  test(`the status bar: ${name}`, () => {
    const shown = show({ ...running, ...change }, now);
    assert.equal(shown.icon, icon);
    assert.match(shown.lines[0] ?? '', first);
    assert.equal(shown.severity === 'error', icon === '$(error)' || change.told?.kind === 'Error');
  });
}

test('the status bar tells the model and the time of the last suggestion', () => {
  assert.deepEqual(show(running, now).lines, ['Ready.', 'Model: seed-go-8m', 'Last suggestion: 42 ms', 'Server: 1.0']);
  assert.deepEqual(show({ ...running, latencyMS: undefined }, now).lines[2], 'No suggestion yet');
  assert.equal(show({ ...running, server: 'stopped' }, now).lines.length, 1);
});
