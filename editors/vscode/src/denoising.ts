import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import { ProgressType } from 'vscode-languageclient/node';
import type { Explanation, Frame, FromView, ToView } from './explanation';
import { languages, type Server } from './server';

/** How long the cursor must rest before what would be written there is shown. */
const restMS = 400;

/** The panel that shows how a canvas is filled at the cursor, step by step while it is. */
export class Denoising implements vscode.Disposable {
  private panel: vscode.WebviewPanel | undefined;
  private following: vscode.Disposable | undefined;
  private timer: NodeJS.Timeout | undefined;
  private asking: vscode.CancellationTokenSource | undefined;
  private asked = 0;

  constructor(
    private readonly server: Server,
    private readonly extension: vscode.Uri,
  ) {}

  dispose(): void {
    this.panel?.dispose();
  }

  /** Opens the panel beside the editor, or brings it to light. */
  open(): void {
    if (this.panel !== undefined) {
      this.panel.reveal(undefined, true);
      this.rest(0);
      return;
    }
    const dist = vscode.Uri.joinPath(this.extension, 'dist');
    const panel = vscode.window.createWebviewPanel(
      'seedls.denoising',
      'seedls: denoising',
      { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true },
      { enableScripts: true, localResourceRoots: [dist], retainContextWhenHidden: true },
    );
    this.panel = panel;
    panel.webview.html = page(panel.webview, dist);
    panel.webview.onDidReceiveMessage(async (message: FromView) => {
      if (message.kind === 'turnOrderOn') {
        await vscode.workspace.getConfiguration('seedls').update('order', true, vscode.ConfigurationTarget.Global);
      }
      this.rest(message.kind === 'ready' ? 0 : restMS);
    });
    this.following = vscode.window.onDidChangeTextEditorSelection(({ textEditor }) => {
      if (textEditor === vscode.window.activeTextEditor && panel.visible) {
        this.rest(restMS);
      }
    });
    panel.onDidDispose(() => {
      this.panel = undefined;
      this.following?.dispose();
      this.asking?.cancel();
      clearTimeout(this.timer);
    });
  }

  private rest(forMS: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.explain(), forMS);
  }

  private async explain(): Promise<void> {
    // While the panel has the focus there is no active editor, but the one beside it.
    const editor = vscode.window.activeTextEditor ?? vscode.window.visibleTextEditors[0];
    const client = this.server.running;
    if (editor === undefined || client === undefined || !languages.includes(editor.document.languageId)) {
      this.say({ kind: 'failed', message: 'Put the cursor into a file that seedls completes.' });
      return;
    }
    this.asking?.cancel();
    const asking = new vscode.CancellationTokenSource();
    this.asking = asking;
    const token = `seedls-denoising-${++this.asked}`;
    const position = editor.selection.active;
    this.say({ kind: 'begin', where: `${vscode.workspace.asRelativePath(editor.document.uri)}:${position.line + 1}:${position.character + 1}` });
    const steps = client.onProgress(new ProgressType<Frame>(), token, (frame) => {
      if (asking === this.asking) {
        this.say({ kind: 'step', frame });
      }
    });
    try {
      const params = { ...client.code2ProtocolConverter.asTextDocumentPositionParams(editor.document, position), partialResultToken: token };
      const explanation = await client.sendRequest<Explanation>('seedls/explain', params, asking.token);
      if (asking === this.asking) {
        this.say({ kind: 'done', explanation });
      }
    } catch (error) {
      if (!asking.token.isCancellationRequested) {
        this.say({ kind: 'failed', message: (error as Error).message });
      }
    } finally {
      steps.dispose();
      asking.dispose();
    }
  }

  private say(message: ToView): void {
    void this.panel?.webview.postMessage(message);
  }
}

function page(webview: vscode.Webview, dist: vscode.Uri): string {
  const nonce = randomBytes(16).toString('base64');
  const script = webview.asWebviewUri(vscode.Uri.joinPath(dist, 'denoising.js'));
  const style = webview.asWebviewUri(vscode.Uri.joinPath(dist, 'denoising.css'));
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src ${webview.cspSource}; script-src 'nonce-${nonce}'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="${style}">
<title>Denoising</title>
</head>
<body>
<h1 id="where"></h1>
<div class="controls">
  <button id="play" type="button">Play</button>
  <label>Step <input id="step" type="range" min="1" max="1" value="1"></label>
  <output id="caption" for="step"></output>
</div>
<p class="legend">▒ masked · solid frame: committed, the longer the bar the surer · thick frame: in this step · ‖ waits · ■ the end</p>
<ol id="canvas" aria-label="Canvas"></ol>
<div id="story" role="status"></div>
<div id="objections"></div>
<div id="result" role="status"></div>
<script nonce="${nonce}" src="${script}"></script>
</body>
</html>`;
}
