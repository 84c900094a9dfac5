// Uses a language server as an editor does: once in each position encoding, 200 edits and all requests, then
// everything that an editor should not do. Prints a summary as JSON; the first thing that is not as it should be ends it
// with an error.
//
// Usage: node session.mjs GO-FILE COMMAND [ARGUMENT...]
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import * as lsp from 'vscode-languageserver-protocol/node';
import { Session, awkward, peakMB, percentile, uri } from './client.mjs';
import { Mirror } from './mirror.mjs';

const [goFile, ...command] = process.argv.slice(2);
const limitMS = 300_000;

const frame = (body) => `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

const original = awkward(goFile);

const typed = [
  '\r\n', 'func (r *Runner) total(counts []int) int {', '\r\n\t', 'sum := 0 // Σ 🙂', '\r\n\t', 'for _, n := range counts {',
  '\r\n\t\t', 'sum += n', '\r\n\t', '}', '\r\n\t', 'return sum', '\r\n}\r\n',
];

let state = 1;
const random = (n) => (state = (state * 48271) % 0x7fffffff) % n;

async function edits(s, mirror) {
  const summary = { edits: 0, inline: 0, lists: 0, latenciesMS: [] };
  const inline = async (offset) => {
    const begun = performance.now();
    summary.inline += await s.inline(mirror, offset);
    summary.latenciesMS.push(performance.now() - begun);
  };

  // Somebody types a function, character by character, but line ends and indentation come at once.
  let offset = mirror.text.length;
  for (const piece of typed) {
    for (const c of piece.startsWith('\r\n') ? [piece] : piece) {
      s.change(mirror, mirror.edit(offset, offset, c));
      offset += c.length;
      summary.edits++;
      if (summary.edits % 4 === 0) await inline(offset);
      if (summary.edits % 7 === 0) summary.lists += await s.list(mirror, offset);
    }
  }
  const whole = mirror.text;

  // Then anything anywhere, and back again.
  const pieces = ['\n', '\r', '\r\n', '🙂', 'é漢', '𝒳 := "\u0000"', '\t}', ''];
  const undo = [];
  while (summary.edits + undo.length < 200) {
    let start = random(mirror.text.length);
    let end = Math.min(mirror.text.length, start + random(30));
    const changes = [];
    for (let n = 1 + random(2); n > 0; n--) {
      // As positions have it: never within a line break or a surrogate pair.
      start = mirror.offset(mirror.position(start));
      end = Math.max(start, mirror.offset(mirror.position(end)));
      const text = pieces[random(pieces.length)] + pieces[random(pieces.length)];
      undo.push(mirror.text);
      changes.push(mirror.edit(start, end, text));
    }
    s.change(mirror, ...changes);
    summary.edits += changes.length;
    if (random(4) === 0) await inline(mirror.offset(mirror.position(start)));
  }
  for (const text of undo.reverse()) {
    // The smallest edit that leads back, on borders that positions can have.
    let start = 0;
    while (start < text.length && text[start] === mirror.text[start]) start++;
    start = mirror.text.lastIndexOf('\n', start - 1) + 1;
    s.change(mirror, mirror.edit(start, mirror.text.length, text.slice(start)));
    summary.edits++;
  }
  assert.equal(mirror.text, whole);
  return summary;
}

// Asks along the whole document, so that wrong text anywhere shows.
async function agrees(s, mirror) {
  let shown = 0, offset = 0;
  for (const [i, line] of mirror.lines().entries()) {
    if (i % 10 === 0 && line.trim() !== '') shown += await s.inline(mirror, offset + line.trimEnd().length);
    offset += line.length;
  }
  assert.ok(shown >= 3, `only ${shown} suggestions in the whole document`);
  return shown;
}

function parses(text) {
  const { status, error } = spawnSync('gofmt', ['-e'], { input: text });
  assert.ok(!error, `gofmt: ${error}`);
  return status === 0;
}

// Fills statements, and the places after them, and looks at what comes of it. The grammar that the server checks with
// is more lenient than gofmt, but not by much.
async function fills(s, mirror) {
  const summary = { filled: 0, replaced: 0, broken: 0 };
  const statements = /\r\n\t+(return [^\r\n{]*|[a-z.]+ :?= [^\r\n{]*)(?=\r\n)/g;
  for (const match of [...mirror.text.matchAll(statements)].slice(0, 7)) {
    const end = match.index + match[0].length;
    for (const start of [end - match[1].length, end]) {
      const edits = await s.fill(mirror, start, end);
      if (!edits) continue;
      const copy = new Mirror(mirror.text, mirror.encoding);
      for (const edit of edits.reverse()) copy.apply(edit);
      assert.notEqual(copy.text, mirror.text);
      assert.ok(copy.text.startsWith(mirror.text.slice(0, start)) && copy.text.endsWith(mirror.text.slice(end)));
      if (!parses(copy.text)) summary.broken++;
      else if (start < end) summary.replaced++;
      else summary.filled++;
    }
  }
  assert.ok(summary.filled > 0 && summary.replaced > 0 && summary.broken < summary.filled + summary.replaced, JSON.stringify(summary));
  return summary;
}

async function cancels(s, mirror) {
  let cancelled = 0;
  for (let i = 0; i < 10; i++) {
    s.change(mirror, mirror.edit(mirror.text.length, mirror.text.length, `// ${i}\r\nfunc f${i}(x int) `));
    const source = new lsp.CancellationTokenSource();
    const answer = s.inline(mirror, mirror.text.length, source.token);
    source.cancel();
    try {
      await answer;
    } catch (error) {
      assert.equal(error.code, lsp.LSPErrorCodes.RequestCancelled);
      cancelled++;
    }
  }
  assert.ok(cancelled > 0, 'no request was cancelled');
  return cancelled;
}

async function misbehaves(s) {
  s.raw(frame('{"jsonrpc":"2.0","id":'));
  s.raw('Content-Length: 100\r\n\r\n{"jsonrpc":"2.0"}');
  s.raw('Content-Length: 3\r\n\r\n{"jsonrpc":"2.0","method":"x"}');
  s.raw('Content-Length: many\r\n\r\n{}');
  s.raw('Content-Length: 1073741824\r\n\r\n');
  s.raw('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
  s.raw(frame(Buffer.from([0x7b, 0xff, 0xfe, 0x7d]).toString('latin1')));
  s.raw(frame('['.repeat(100_000)));
  s.raw(frame('[]'));
  for (const method of [
    'initialized', 'textDocument/didOpen', 'textDocument/didChange', 'textDocument/didClose', '$/cancelRequest',
    'workspace/didChangeConfiguration', 'seedls/unheardOf', '$/unheardOf',
  ]) {
    s.raw(frame(JSON.stringify({ jsonrpc: '2.0', method })));
    s.raw(frame(JSON.stringify({ jsonrpc: '2.0', method, params: { textDocument: [] } })));
  }
  await s.refuses('seedls/unheardOf', {}, lsp.ErrorCodes.MethodNotFound);
  await s.refuses('textDocument/hover', { textDocument: { uri } }, lsp.ErrorCodes.MethodNotFound);
  for (const method of ['textDocument/completion', 'textDocument/inlineCompletion', 'textDocument/codeAction', 'codeAction/resolve']) {
    await s.refuses(method, undefined, lsp.ErrorCodes.InvalidParams);
    await s.refuses(method, { textDocument: 7, data: 7 }, lsp.ErrorCodes.InvalidParams);
  }
  await s.refuses('initialize', { capabilities: {} }, lsp.ErrorCodes.InvalidRequest);
  assert.ok(s.refused > 0, 'malformed frames were not answered');

  const strange = {
    nuls: '\0'.repeat(10_000),
    brackets: '([{'.repeat(40_000),
    nesting: 'package a\nfunc f() ' + '{ if x '.repeat(30_000),
    surrogates: 'package a\n// \ud800 \udc00\udc00 \udbff\n',
    breaks: '\r\r\n\n\r'.repeat(5_000),
    comment: 'package a\n/*' + ' unfinished 🙂'.repeat(20_000),
  };
  for (const [name, text] of Object.entries(strange)) {
    const textDocument = { uri: `file:///project/${name}.go` };
    s.open(text, textDocument.uri);
    for (const position of [{ line: 0, character: 5 }, { line: 1e6, character: 1e6 }]) {
      for (const method of ['textDocument/completion', 'textDocument/inlineCompletion']) {
        const list = await s.connection.sendRequest(method, { textDocument, position, context: { triggerKind: 1 } });
        assert.ok(Array.isArray(list.items), `${method} in ${name}`);
      }
    }
    s.connection.sendNotification(lsp.DidChangeTextDocumentNotification.type, {
      textDocument: { ...textDocument, version: 2 },
      contentChanges: [{ range: { start: { line: 1e6, character: 0 }, end: { line: 0, character: 0 } }, text: '\ud83d' }],
    });
    s.connection.sendNotification(lsp.DidCloseTextDocumentNotification.type, { textDocument });
  }
}

// Small, to be quick: what is suggested does not matter here.
const settings = { block: 8, blocks: 1, threshold: 0.5, candidates: 2, minScore: 0, noSuchSetting: 1 };

async function session(encoding) {
  const s = await Session.start(command, encoding, settings);
  const mirror = s.open(original);
  const { latenciesMS, ...summary } = await edits(s, mirror);
  assert.ok(summary.edits >= 200 && summary.inline > 0 && summary.lists > 0, JSON.stringify(summary));
  Object.assign(summary, await fills(s, mirror));
  await agrees(s, mirror);
  summary.cancelled = await cancels(s, mirror);
  await misbehaves(s);
  s.change(mirror, mirror.edit(original.length, mirror.text.length, ''));
  summary.agreed = await agrees(s, mirror);
  assert.ok(s.warnings.some((w) => w.includes('noSuchSetting')), 'a wrong setting is reported');
  Object.assign(summary, { p50MS: percentile(latenciesMS, 50), p95MS: percentile(latenciesMS, 95), peakMB: peakMB(s.child.pid) });
  assert.equal(await s.end(), 0, s.stderr);
  return summary;
}

setTimeout(() => assert.fail('it takes too long'), limitMS).unref();

const summary = {};
for (const encoding of ['utf-8', 'utf-16', 'utf-32']) summary[encoding] = await session(encoding);
assert.equal(await (await Session.start(command, 'utf-16')).exit(), 1, 'exit without shutdown');
assert.equal(await (await Session.start(command, 'utf-16')).hangUp(), 1, 'end of input without shutdown');
console.log(JSON.stringify(summary));
