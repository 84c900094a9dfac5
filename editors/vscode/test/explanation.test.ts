import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Frame, story, visible } from '../src/explanation';

const steps: Frame[] = [
  {
    block: 0, index: 0, took_ms: 1,
    slots: [{ state: 'text', text: 'if', confidence: 0.9, fresh: true }, { state: 'mask' }, { state: 'mask' }],
    waiting: [{ slot: 1, text: ')', confidence: 0.8, rule: 'open before close', name: '', for: 2 }],
    vetoed: [{ slot: 2, text: 'xs', confidence: 0.4, rule: 'declare before use', name: 'xs', for: -1 }],
  },
  {
    block: 0, index: 1, took_ms: 1,
    slots: [{ state: 'text', text: 'if', confidence: 0.9 }, { state: 'text', text: ')\n', confidence: 0.856, fresh: true }, { state: 'mask' }],
    waiting: [{ slot: 2, text: '', confidence: 0.3, rule: 'end last', for: 1 }],
  },
  { block: 1, index: 0, took_ms: 1, slots: [{ state: 'mask' }] },
];

test('what became of a slot, in sentences', () => {
  assert.deepEqual(story(steps, 1, 1), [
    'Step 1: “)” waited for slot 3 (open before close).',
    'Step 2: “)↵” was committed at 86 %.',
  ]);
  assert.deepEqual(story(steps, 1, 2), [
    'Step 1: “xs” was vetoed (declare before use: xs).',
    'Step 2: the end of the text waited for slot 2 (end last).',
    'It is still masked.',
  ]);
});

test('nothing of later steps, and nothing of another block', () => {
  assert.deepEqual(story(steps, 0, 1), ['Step 1: “)” waited for slot 3 (open before close).', 'It is still masked.']);
  assert.deepEqual(story(steps, 2, 0), ['It is still masked.']);
  assert.deepEqual(story(steps, 9, 0), []);
});

test('white space, masks and ends are seen', () => {
  assert.equal(visible({ state: 'text', text: ' a\r\n\tb' }), '·a↵→b');
  assert.equal(visible({ state: 'mask' }) + visible({ state: 'end' }), '▒■');
});
