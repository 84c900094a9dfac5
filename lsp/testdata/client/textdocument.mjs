// Prints random edits of a text and what vscode-languageserver-textdocument makes of them, a JSON object a line:
//
//	{"text"}                                             the text at first
//	{"changes": [{..., "sha1"}], "byte", "position", "back"}  the edits of a notification, each with the hash of the text
//	                                                          in UTF-8 after it; the position of a byte offset in the
//	                                                          end, and the offset of that, which no line break is cut by
//
// Positions are in UTF-16; a change and an object of a position have a member "ranges", or "positions", with those in
// "utf-8" and "utf-32", too.
//
// Usage: node textdocument.mjs SEED COUNT
import { createHash } from 'node:crypto';
import { TextDocument } from 'vscode-languageserver-textdocument';

const [seed, count] = process.argv.slice(2).map(Number);

// mulberry32: small, and the same everywhere.
let state = seed >>> 0;
function random(n) {
  state = (state + 0x6d2b79f5) >>> 0;
  let t = state;
  t = Math.imul(t ^ (t >>> 15), t | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return ((t ^ (t >>> 14)) >>> 0) % n;
}

const pieces = [
  '\n', '\r\n', '\r', '\n\n', '\r\r\n', '\n\r', '\u2028', '\t', '\0', '\ufeff', 'a', 'return nil', 'func f() {\r\n\t}\n',
  'é', 'ß', '漢字', 'e\u0301', '🙂', '👩‍👩‍👧', '𝒳', 'x🙂y\r\n', '\u{10ffff}', '"', '\\', '\x7f', '',
];

function randomText() {
  let text = '';
  for (let n = random(5); n > 0; n--) text += pieces[random(pieces.length)];
  return text;
}

const isLow = (unit) => unit >= 0xdc00 && unit <= 0xdfff;

// A position in the text or past its ends, never inside a surrogate pair: no editor has its cursor there.
function randomPosition(doc) {
  if (random(20) === 0) return { line: doc.lineCount + random(3), character: random(9) };
  const line = random(doc.lineCount);
  if (random(8) === 0) return { line, character: 1000 + random(1000) };
  const start = doc.offsetAt({ line, character: 0 });
  const length = doc.offsetAt({ line, character: 1e9 }) - start;
  let character = random(length + 1);
  if (character > 0 && character < length && isLow(doc.getText().charCodeAt(start + character))) character++;
  return { line, character };
}

function randomChange(doc) {
  if (random(2000) === 0) return { text: randomText() };
  let start = randomPosition(doc);
  let end = random(3) === 0 ? start : randomPosition(doc);
  const whole = doc.offsetAt(end) - doc.offsetAt(start);
  if (doc.getText().length < 3000 && Math.abs(whole) > 60) end = start; // mostly small, so that the text grows
  // Two different lines past the end are more than the oracle's line table can bear.
  if (start.line >= doc.lineCount && end.line >= doc.lineCount) end = start;
  return { range: { start, end }, text: randomText() };
}

const units = { 'utf-8': (text) => Buffer.byteLength(text), 'utf-32': (text) => [...text].length };

// A position in other units; as far past the end of its line, where it is there.
function counted({ line, character }, doc, count) {
  const start = doc.offsetAt({ line, character: 0 });
  const whole = doc.getText().slice(start, doc.offsetAt({ line, character: 1e9 }));
  return { line, character: count(whole.slice(0, character)) + Math.max(0, character - whole.length) };
}

const inUnits = (convert) => Object.fromEntries(Object.entries(units).map(([name, count]) => [name, convert(count)]));

function print(value) {
  if (!process.stdout.write(JSON.stringify(value) + '\n')) {
    return new Promise((resolve) => process.stdout.once('drain', resolve));
  }
}

const doc = TextDocument.create('file:///a.go', 'go', 0, 'package a\r\n\r\nvar 🙂 = "𝒳"\n');
await print({ text: doc.getText() });
for (let done = 0; done < count; ) {
  const changes = [];
  for (let n = Math.min(1 + random(3), count - done); n > 0; n--, done++) {
    const change = randomChange(doc);
    const { range } = change;
    const ranges = range && inUnits((count) => ({ start: counted(range.start, doc, count), end: counted(range.end, doc, count) }));
    TextDocument.update(doc, [change], done + 1);
    changes.push({ ...change, ranges, sha1: createHash('sha1').update(doc.getText(), 'utf8').digest('hex') });
  }
  const text = doc.getText();
  let offset = random(text.length + 1);
  if (isLow(text.charCodeAt(offset))) offset++;
  const position = doc.positionAt(offset);
  await print({
    changes,
    byte: Buffer.byteLength(text.slice(0, offset)),
    position,
    back: Buffer.byteLength(text.slice(0, doc.offsetAt(position))),
    positions: inUnits((count) => counted(position, doc, count)),
  });
}
