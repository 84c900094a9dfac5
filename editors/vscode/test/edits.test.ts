import assert from 'node:assert/strict';
import { test } from 'node:test';
import { summary } from '../src/edits';

test('an edit on one line', () => {
  assert.equal(summary({ before: 'size', after: 'count' }), 'size → count');
  assert.equal(summary({ before: '', after: ', nil' }), 'insert , nil');
  assert.equal(summary({ before: 'x,\n\ty', after: '' }), 'delete x, ⏎ y');
  assert.equal(summary({ before: 'a', after: 'b'.repeat(61) }), `a → ${'b'.repeat(59)}…`);
});
