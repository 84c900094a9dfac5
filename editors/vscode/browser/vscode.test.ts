// What a user of VS Code does with the packaged extension, one thing after another in one window. The workspace is not
// trusted, and the extension is where the files are, away from the window.
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { Workbench } from './workbench';

const source = `package server

import (
	"io"
	"os"
)

func read(path string) ([]byte, error) {
	f, err := os.Open(path)

	defer f.Close()
	return io.ReadAll(f)
}
`;
const emptyLine = 10;

const broken = `package server

func half(n int) int {
	return n / )
}
`;

const rename = `package server

func double(size int) int {
	return size + size
}
`;

let w: Workbench;

before(async () => {
  const files: Record<string, string> = { 'broken.go': broken, 'rename.go': rename };
  for (const name of ['tab', 'part', 'bulb', 'command', 'denoising', 'awake', 'again']) {
    files[`${name}.go`] = source;
  }
  const entry = path.join(process.env['CODE_SERVER']!, 'node_modules/code-server/out/node/entry.js');
  w = await Workbench.open(entry, 'bin/seedls.vsix', files);
  await w.openFile('tab.go', 1);
  await w.waitStatus(/Ready/);
});

afterEach(async (t) => {
  if ('passed' in t && !t.passed) {
    console.log(w.logs());
    await w.page.screenshot({ path: `bin/vscode-${t.name.replaceAll(/\W+/g, '-')}.png` });
  }
});

after(() => w?.close());

/** What stands in the empty place of a file, once that is saved with something else there than what was. */
async function changed(name: string, was: string): Promise<string> {
  let line: string | undefined;
  await w.until(`${name} has something else than ${was}`, () => {
    line = /\(path\)\n([^]*?)\n\tdefer/.exec(w.text(name))?.[1]; // not there while the file is written
    return line !== undefined && line.trimEnd() !== was.trimEnd();
  });
  return line!;
}

/** Types into the empty line of a file what has a suggestion after it, and returns that. */
async function typeIf(name: string): Promise<string> {
  await w.openFile(name, emptyLine);
  await w.page.keyboard.type('\tif ');
  await w.until('it is saved', () => w.text(name).includes('(path)\n\tif'));
  return w.ghost();
}

/** Takes a picture for the documents, if that is wanted. */
async function picture(name: string, clip?: { x: number; y: number; width: number; height: number }): Promise<void> {
  if (process.env['PICTURES']) {
    await w.page.screenshot({ path: path.join('editors/vscode/media', name), ...(clip && { clip }) });
  }
}

test('ghost text, and Tab accepts it', async () => {
  const ghost = await typeIf('tab.go');
  await picture('ghost.png', { x: 328, y: 36, width: 500, height: 380 });
  await w.page.keyboard.press('Tab');
  const [first] = (await changed('tab.go', '\tif')).split('\n');
  assert.equal(first, `\tif ${ghost}`);
});

test('the status bar tells the model, and how long it took', async () => {
  await w.waitStatus(/Ready\., Model: seed-go-8m, Last suggestion: \d+ ms, Server: \S+/);
});

test('a word is accepted, then a line', async () => {
  const ghost = await typeIf('part.go');
  const word = /^\s*(\w+|[^\w\s]+)/.exec(ghost)![0];
  await w.page.keyboard.press('Control+ArrowRight');
  assert.equal((await changed('part.go', '\tif')).trimEnd(), `\tif ${word}`);
  await w.ghost();
  await w.page.keyboard.press('Control+ArrowDown');
  assert.equal((await changed('part.go', `\tif ${word}`)).trimEnd(), `\tif ${ghost}`.trimEnd());
});

test('the light bulb offers what the model can do, and does it', async () => {
  await typeIf('bulb.go');
  await w.page.keyboard.press('Escape');
  await w.page.keyboard.press('ArrowLeft'); // there is no bulb where white space is
  await w.bulb.waitFor();
  await w.page.keyboard.press('ArrowRight');
  await w.openActions('Fill here with seedls');
  await picture('lightbulb.png', { x: 328, y: 36, width: 500, height: 380 });
  await w.row('Fill here with seedls').click();
  await changed('bulb.go', '\tif');

  await w.openFile('broken.go', 4);
  await w.page.keyboard.press('End');
  await w.bulb.waitFor();
  await w.openActions('Repair this region with seedls');
  await w.page.keyboard.press('Escape');
});

test('commands do the same, and say where there is nothing to do', async () => {
  await typeIf('command.go');
  await w.page.keyboard.press('Escape');
  await w.command('seedls: Fill Here');
  await changed('command.go', '\tif');
  await w.openFile('tab.go', 1);
  await w.command('seedls: Repair This Region');
  await w.notification('nothing to do here').waitFor();
  await w.command('Notifications: Clear All Notifications');
});

test('the next edit is shown, gone to and applied', async () => {
  await w.openFile('rename.go', 3);
  await w.page.keyboard.press('Home');
  for (let i = 0; i < 'func double('.length; i++) {
    await w.page.keyboard.press('ArrowRight');
  }
  await w.page.keyboard.press('Control+Shift+ArrowRight');
  await w.page.keyboard.type('count');
  await w.page.keyboard.press('Escape');
  await w.until('it is shown', async () => (await w.notes()).includes('line 4: next edit'));
  await picture('next-edit.png', { x: 328, y: 36, width: 760, height: 180 });
  await w.page.keyboard.press('Control+Alt+n');
  await w.until('the cursor is there', async () => (await w.notes()).includes('applies'));
  await w.page.keyboard.press('Control+Alt+n');
  await w.until('it is applied', () => w.text('rename.go').includes('\treturn count + '));
});

test('the denoising view opens, fills, and tells of a slot', async () => {
  await typeIf('denoising.go');
  await w.page.keyboard.press('Escape');
  await w.command('seedls: Show How It Was Written');
  const slots = w.panel.locator('#canvas .slot.text');
  await slots.first().waitFor();
  await w.panel.getByText('forward passes').waitFor();
  assert.equal(await w.panel.locator('#canvas .slot.mask').count(), 0);

  await w.panel.locator('#step').focus();
  await w.panel.locator('#step').press('Home');
  assert.match((await w.panel.locator('#caption').textContent())!, /^1 of \d+, block 1/);
  assert.ok((await w.panel.locator('#canvas .slot.mask').count()) > 0);
  await w.panel.locator('#canvas .slot.fresh').first().click();
  await w.panel.getByText(/was committed at \d+ %/).waitFor();

  await w.panel.getByRole('button', { name: 'Have tokens wait' }).click();
  await w.panel.getByText('Nothing waits for anything').waitFor({ state: 'hidden' });
  await w.panel.getByText('forward passes').waitFor();
  await w.panel.locator('#step').press('Home');
  await w.panel.locator('#objections td', { hasText: 'waits' }).first().waitFor();
  await w.panel.locator('#canvas .slot', { hasText: '‖' }).first().click();
  await w.panel.locator('#story', { hasText: 'waited for slot' }).waitFor();
  await picture('denoising.png');
  await w.command('View: Close All Editors');
});

test('suggestions are snoozed, and off for a language', async () => {
  await w.openFile('tab.go', 1);
  await w.status.click();
  await w.row('Snooze for 5 minutes').click();
  await w.waitStatus(/Snoozed until/);
  await w.status.click();
  await w.row('Wake suggestions').click();
  await w.waitStatus(/Ready/);
  await w.status.click();
  await w.row('Disable for go').click();
  await w.waitStatus(/Off for go/);
  await w.command('seedls: Disable or Enable for This Language');
  await w.waitStatus(/Ready/);
  await typeIf('awake.go');
});

test('a server that is killed comes back; one that dies again and again is given up, with buttons', async () => {
  for (let i = 0; i < 4; i++) {
    await kill();
    await w.until('there is another server', () => w.servers().length === 1);
    await w.waitStatus(/Ready/);
  }
  await typeIf('again.go');
  await kill();
  await w.notification('ended again and again').waitFor();
  await w.waitStatus(/ended again and again/);
  assert.deepEqual(w.servers(), []);
  await w.notification('ended again and again').getByRole('button', { name: 'Start Again' }).click();
  await w.waitStatus(/Ready/);
});

async function kill(): Promise<void> {
  const [pid] = w.servers();
  process.kill(pid!);
  await w.until('it is gone', () => !w.servers().includes(pid!));
}

test('a server that is missing is said, with buttons', async () => {
  w.setMachine({ 'seedls.server.path': '/gone/seedls' });
  const message = w.notification('/gone/seedls, which is no program');
  await message.getByRole('button', { name: 'Open Settings' }).waitFor();
  await w.waitStatus(/which is no program/);
  await message.getByRole('button', { name: 'Get Started' }).click();
  await w.page.getByText('Get Started with seedls').first().waitFor();
  w.setMachine({});
  await w.waitStatus(/Ready/);
});
