import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findServer, type Places } from '../src/binary';

const places: Places = { setting: '', extension: '/ext', path: '/usr/bin:/opt/bin', windows: false };

function find(there: string[], change: Partial<Places> = {}): string {
  return findServer({ ...places, ...change }, (file) => there.includes(file));
}

test('the server that is set, else the one in the extension, else the first on PATH', () => {
  const all = ['/set/seedls', '/ext/bin/seedls', '/usr/bin/seedls', '/opt/bin/seedls'];
  assert.equal(find(all, { setting: '/set/seedls' }), '/set/seedls');
  assert.equal(find(all), '/ext/bin/seedls');
  assert.equal(find(all.slice(2)), '/usr/bin/seedls');
  assert.equal(find(all.slice(3)), '/opt/bin/seedls');
});

test('what is set is not replaced by another one', () => {
  assert.throws(() => find(['/ext/bin/seedls'], { setting: '/gone' }), /seedls\.server\.path is \/gone, which is no program/);
  assert.throws(() => find(['seedls'], { setting: 'seedls' }), /full path/);
});

test('nothing is executed that PATH has below the workspace', () => {
  assert.throws(() => find(['seedls', 'bin/seedls'], { path: ':.:bin' }), /set seedls\.server\.path/);
});

test('a file that is no program is none', () => {
  assert.throws(() => findServer({ ...places, setting: `${process.cwd()}/package.json` }), /no program/);
  assert.equal(findServer({ ...places, setting: process.execPath }), process.execPath);
});
