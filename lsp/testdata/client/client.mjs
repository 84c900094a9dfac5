// An editor: the client that Visual Studio Code is built on, and a document that it has open. Its requests check what
// any answer must be like.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import * as lsp from 'vscode-languageserver-protocol/node';
import { Mirror } from './mirror.mjs';

export const uri = 'file:///project/engine/transformer/runner.go';

export class Session {
  // Starts a server and initializes it. It is given the settings when it asks for them.
  static async start([command, ...args], encoding, settings = {}) {
    const s = new Session();
    s.encoding = encoding;
    s.child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    s.stderr = '';
    s.child.stderr.on('data', (chunk) => (s.stderr += chunk));
    s.exited = once(s.child, 'exit');
    s.refused = 0;
    const logger = { error: () => s.refused++, warn() {}, info() {}, log() {} };
    s.connection = lsp.createProtocolConnection(
      new lsp.StreamMessageReader(s.child.stdout), new lsp.StreamMessageWriter(s.child.stdin), logger);
    s.connection.onError(([error]) => assert.ok(s.ending, `the connection broke: ${error}`));
    s.warnings = [];
    s.connection.onNotification(lsp.LogMessageNotification.type, ({ message }) => s.warnings.push(message));
    s.asked = new Promise((resolve) => {
      s.connection.onRequest(lsp.ConfigurationRequest.type, ({ items }) => {
        resolve(items);
        return [settings];
      });
    });
    s.connection.listen();
    const { capabilities, serverInfo } = await s.connection.sendRequest(lsp.InitializeRequest.type, {
      processId: process.pid,
      rootUri: 'file:///project',
      workspaceFolders: [{ uri: 'file:///project', name: 'project' }],
      capabilities: {
        general: { positionEncodings: [encoding, 'utf-16'] },
        workspace: { configuration: true, workspaceEdit: { documentChanges: true } },
        textDocument: {
          synchronization: {},
          inlineCompletion: {},
          completion: { completionItem: { insertTextModeSupport: { valueSet: [1, 2] } } },
          codeAction: {
            dataSupport: true,
            resolveSupport: { properties: ['edit'] },
            codeActionLiteralSupport: { codeActionKind: { valueSet: ['', 'quickfix', 'refactor'] } },
          },
        },
      },
    });
    assert.equal(serverInfo.name, 'seedls');
    assert.equal(capabilities.positionEncoding, encoding);
    assert.equal(capabilities.textDocumentSync.change, lsp.TextDocumentSyncKind.Incremental);
    assert.ok(capabilities.completionProvider && capabilities.inlineCompletionProvider);
    assert.ok(capabilities.codeActionProvider.resolveProvider);
    await s.connection.sendNotification(lsp.InitializedNotification.type, {});
    assert.deepEqual(await s.asked, [{ section: 'seedls' }]);
    return s;
  }

  open(text, name = uri) {
    const mirror = new Mirror(text, this.encoding);
    this.connection.sendNotification(lsp.DidOpenTextDocumentNotification.type, {
      textDocument: { uri: name, languageId: 'go', version: mirror.version, text },
    });
    return mirror;
  }

  change(mirror, ...contentChanges) {
    mirror.version++;
    this.connection.sendNotification(lsp.DidChangeTextDocumentNotification.type, {
      textDocument: { uri, version: mirror.version }, contentChanges,
    });
  }

  // Asks for inline completions at an offset. The answer shows what the server takes for the line up to there.
  async inline(mirror, offset, token) {
    const position = mirror.position(offset);
    const list = await this.connection.sendRequest(lsp.InlineCompletionRequest.type, {
      textDocument: { uri }, position, context: { triggerKind: lsp.InlineCompletionTriggerKind.Automatic },
    }, token);
    assert.ok(Array.isArray(list.items), 'inline completions are a list, never null');
    for (const { insertText, range } of list.items) {
      assert.deepEqual(range, { start: { line: position.line, character: 0 }, end: position });
      const line = mirror.lineBefore(offset);
      assert.equal(insertText.slice(0, line.length), line, 'the server has another text');
      assert.ok(insertText.length > line.length, 'nothing is suggested');
    }
    return list.items.length;
  }

  // Asks for a list of completions at an offset, of which the item replaces the word before it.
  async list(mirror, offset) {
    const position = mirror.position(offset);
    const list = await this.connection.sendRequest(lsp.CompletionRequest.type, { textDocument: { uri }, position });
    assert.equal(list.isIncomplete, true);
    for (const { label, filterText, textEdit, insertTextMode } of list.items) {
      const word = mirror.lineBefore(offset).match(/[\p{L}\p{Nd}_]*$/u)[0];
      const start = mirror.position(offset - word.length);
      assert.deepEqual(textEdit.range, { start, end: position });
      assert.equal(textEdit.newText.slice(0, word.length), word, 'the server has another text');
      assert.equal(filterText, textEdit.newText);
      assert.equal(insertTextMode, lsp.InsertTextMode.asIs);
      assert.ok(label.trim() !== '' && !label.includes('\n'));
    }
    return list.items.length;
  }

  // Lists the code actions for a range and resolves the one that fills it; undefined where the model has nothing to say.
  async fill(mirror, start, end) {
    const range = { start: mirror.position(start), end: mirror.position(end) };
    const actions = await this.connection.sendRequest(lsp.CodeActionRequest.type, {
      textDocument: { uri }, range, context: { diagnostics: [] },
    });
    const action = actions.find(({ title }) => title.startsWith('Fill here'));
    assert.ok(actions.every(({ edit }) => edit === undefined), 'the model is not to run for a list');
    let resolved;
    try {
      resolved = await this.connection.sendRequest(lsp.CodeActionResolveRequest.type, action);
    } catch (error) {
      assert.equal(error.code, lsp.LSPErrorCodes.RequestFailed);
      return undefined;
    }
    const [{ textDocument, edits }] = resolved.edit.documentChanges;
    assert.deepEqual(textDocument, { uri, version: mirror.version });
    return edits;
  }

  raw(text) {
    this.child.stdin.write(text);
  }

  async refuses(method, params, code) {
    await assert.rejects(this.connection.sendRequest(method, params), { code }, `${method} is refused with ${code}`);
  }

  // Ends the server as an editor does, and returns its exit code.
  async end() {
    await this.connection.sendRequest(lsp.ShutdownRequest.type);
    return this.exit();
  }

  // Ends it without asking first.
  async exit() {
    this.ending = true;
    await this.connection.sendNotification(lsp.ExitNotification.type);
    return (await this.exited)[0];
  }

  async hangUp() {
    this.ending = true;
    this.child.stdin.end();
    return (await this.exited)[0];
  }
}

// A real file, with the line ends and characters that go wrong most easily.
export function awkward(goFile) {
  return readFileSync(goFile, 'utf8')
    .replace(/^(import|func )/gm, '// 🙂 naïve 漢字 𝒳\n$1')
    .replaceAll('\n', '\r\n');
}

export function percentile(values, p) {
  const sorted = values.toSorted((a, b) => a - b);
  return Math.round(sorted[Math.min(sorted.length - 1, Math.floor((p / 100) * sorted.length))] * 10) / 10;
}

// The most memory that a process had, where the system tells.
export function peakMB(pid) {
  try {
    return Math.round(Number(readFileSync(`/proc/${pid}/status`, 'utf8').match(/VmHWM:\s+(\d+) kB/)[1]) / 1024);
  } catch {
    return undefined;
  }
}
