import * as vscode from 'vscode';
import { type Command, ExecuteCommandRequest, type Range } from 'vscode-languageclient/node';
import { summary } from './edits';
import { languages, type Server } from './server';

/** How long the user must not type before the server is asked. */
const pauseMS = 300;

interface Item {
  text: string;
  textDocument: { version: number };
  range: Range;
  command?: Command;
}

/** The edit that follows from the last ones: asked for when the user pauses, shown beside the code, applied by a command. */
export class NextEdit implements vscode.Disposable {
  private shown: { editor: vscode.TextEditor; range: vscode.Range; item: Item } | undefined;
  private timer: NodeJS.Timeout | undefined;
  private readonly removed = vscode.window.createTextEditorDecorationType({
    textDecoration: 'line-through',
    backgroundColor: new vscode.ThemeColor('diffEditor.removedTextBackground'),
  });
  private readonly note = vscode.window.createTextEditorDecorationType({
    after: {
      color: new vscode.ThemeColor('editorGhostText.foreground'),
      backgroundColor: new vscode.ThemeColor('diffEditor.insertedTextBackground'),
      margin: '0 0 0 2em',
    },
  });
  private readonly subscriptions: vscode.Disposable[] = [this.removed, this.note];

  constructor(private readonly server: Server) {
    this.subscriptions.push(
      vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        if (contentChanges.length > 0 && document === vscode.window.activeTextEditor?.document) {
          this.clear();
          this.wait();
        }
      }),
      vscode.window.onDidChangeActiveTextEditor(() => this.clear()),
      { dispose: () => clearTimeout(this.timer) },
    );
  }

  dispose(): void {
    vscode.Disposable.from(...this.subscriptions).dispose();
  }

  /** Goes to the edit, or applies it where the cursor is there already; without one, asks for one. */
  async go(): Promise<void> {
    if (this.shown === undefined) {
      await this.ask();
      if (this.shown === undefined) {
        void vscode.window.setStatusBarMessage('seedls: no next edit', 3000);
        return;
      }
    }
    const { editor, range, item } = this.shown;
    if (editor.selection.active.line !== range.start.line) {
      editor.selection = new vscode.Selection(range.start, range.start);
      editor.revealRange(range, vscode.TextEditorRevealType.InCenterIfOutsideViewport);
      this.draw();
      return;
    }
    const applied = await editor.edit((edit) => edit.replace(range, item.text));
    if (applied && item.command !== undefined) {
      await this.server.running?.sendRequest(ExecuteCommandRequest.type, item.command);
    }
  }

  /** Takes the edit off the screen. */
  clear(): void {
    clearTimeout(this.timer);
    const editor = this.shown?.editor;
    this.shown = undefined;
    editor?.setDecorations(this.removed, []);
    editor?.setDecorations(this.note, []);
    void vscode.commands.executeCommand('setContext', 'seedls.nextEdit', false);
  }

  private wait(): void {
    this.timer = setTimeout(() => void this.ask(), pauseMS);
  }

  private async ask(): Promise<void> {
    const editor = vscode.window.activeTextEditor;
    const client = this.server.running;
    if (editor === undefined || client === undefined || !languages.includes(editor.document.languageId)) {
      return;
    }
    const { version } = editor.document;
    const { textDocument, position } = client.code2ProtocolConverter.asTextDocumentPositionParams(editor.document, editor.selection.active);
    const params = { textDocument: { ...textDocument, version }, position };
    const answer = await client.sendRequest<{ edits: Item[] }>('textDocument/copilotInlineEdit', params).catch((error: unknown) => {
      this.server.log.debug(`next edit: ${String(error)}`); // cancelled by the next, or of an older server
      return { edits: [] };
    });
    const item = answer.edits[0];
    if (item !== undefined && editor.document.version === version && editor === vscode.window.activeTextEditor) {
      this.shown = { editor, range: client.protocol2CodeConverter.asRange(item.range), item };
      this.draw();
      void vscode.commands.executeCommand('setContext', 'seedls.nextEdit', true);
    }
  }

  /** Marks what the edit takes away, and says at the end of its line, and of the cursor's, what it does. */
  private draw(): void {
    if (this.shown === undefined) {
      return;
    }
    const { editor, range, item } = this.shown;
    const what = summary({ before: editor.document.getText(range), after: item.text });
    const key = process.platform === 'darwin' ? '⌃⌘N' : 'Ctrl+Alt+N';
    const cursor = editor.selection.active.line;
    const there = cursor === range.start.line;
    const notes = [this.noteAt(range.start.line, there ? `${what} (${key} applies)` : what)];
    if (!there) {
      notes.push(this.noteAt(cursor, `${range.start.line < cursor ? '↑' : '↓'} line ${range.start.line + 1}: next edit (${key})`));
    }
    editor.setDecorations(this.removed, range.isEmpty ? [] : [range]);
    editor.setDecorations(this.note, notes);
  }

  private noteAt(line: number, contentText: string): vscode.DecorationOptions {
    const end = this.shown!.editor.document.lineAt(line).range.end;
    return { range: new vscode.Range(end, end), renderOptions: { after: { contentText } } };
  }
}
