import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { chosen, serverKeys } from '../src/settings';

/** A setting as `seedls settings --json` lists it. */
interface Setting {
  key: string;
  process: boolean;
  description: string;
  [schema: string]: unknown;
}

interface Manifest {
  contributes: { configuration: { properties: Record<string, Record<string, unknown>> } };
}

/** What the manifest says of a setting of the server. */
function mirrored({ key, process: _, description, ...schema }: Setting, i: number): [string, Record<string, unknown>] {
  const sentence = `${description.charAt(0).toUpperCase()}${description.slice(1)}.`;
  return [`seedls.${key}`, { ...schema, scope: 'window', order: 10 + i, markdownDescription: sentence }];
}

test('the manifest has the settings of the server; UPDATE=1 has it written again', () => {
  const table = JSON.parse(execFileSync('../../bin/seedls', ['settings', '--json'], { encoding: 'utf8' })) as Setting[];
  const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as Manifest;
  const { configuration } = manifest.contributes;
  const want = Object.fromEntries(table.filter((s) => !s.process).map(mirrored));
  const own = Object.entries(configuration.properties).filter(([name]) => name.startsWith('seedls.server.'));
  assert.equal(own.length, 2);
  if (process.env['UPDATE'] === '1') {
    configuration.properties = { ...Object.fromEntries(own), ...want };
    writeFileSync('package.json.new', `${JSON.stringify(manifest, null, 2)}\n`);
    renameSync('package.json.new', 'package.json');
  }
  const { 'seedls.server.path': __, 'seedls.server.arguments': ___, ...got } = configuration.properties;
  assert.deepEqual(got, want);
  assert.deepEqual(serverKeys(configuration.properties), table.filter((s) => !s.process).map((s) => s.key));
});

test('what the user has set goes to the server, the innermost first, and no default', () => {
  const set: Record<string, object> = {
    mode: { defaultValue: 'diffusion' },
    automatic: { defaultValue: true, globalValue: true, workspaceValue: false },
    steps: { globalValue: 8 },
    blocks: { globalValue: 1, workspaceValue: 2, workspaceFolderValue: 3 },
  };
  assert.deepEqual(chosen([...Object.keys(set), 'unknown'], (key) => set[key]), { automatic: false, steps: 8, blocks: 3 });
});
