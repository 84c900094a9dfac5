import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Restarts } from '../src/restarts';

test('a server that dies often is not started again', () => {
  const restarts = new Restarts(2, 1000);
  assert.deepEqual([0, 400, 800].map((now) => restarts.mayRestart(now)), [true, true, false]);
  restarts.reset();
  assert.equal(restarts.mayRestart(900), true);
});

test('one that dies now and then is', () => {
  const restarts = new Restarts(2, 1000);
  assert.deepEqual([0, 600, 1000, 1600, 2000].map((now) => restarts.mayRestart(now)), [true, true, true, true, true]);
});
