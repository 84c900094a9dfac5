import * as vscode from 'vscode';
import { show } from './condition';
import type { Server } from './server';

const snoozeMS = 5 * 60_000;

/** The item in the status bar, its menu, and what the menu offers. */
export class Status implements vscode.Disposable {
  private readonly item = vscode.window.createStatusBarItem('seedls', vscode.StatusBarAlignment.Right, 100);
  private readonly subscriptions: vscode.Disposable[] = [this.item];
  private waking: NodeJS.Timeout | undefined;

  constructor(private readonly server: Server) {
    this.item.name = 'seedls';
    this.item.command = 'seedls.menu';
    this.subscriptions.push(
      server.onDidChange(() => this.draw()),
      vscode.window.onDidChangeActiveTextEditor(() => this.follow()),
      vscode.workspace.onDidChangeConfiguration((event) => event.affectsConfiguration('seedls.languages') && this.follow()),
      { dispose: () => clearTimeout(this.waking) },
    );
    this.follow();
    this.item.show();
  }

  dispose(): void {
    vscode.Disposable.from(...this.subscriptions).dispose();
  }

  /** Has automatic suggestions sleep for a while, or wakes them. */
  snooze(): void {
    const { condition } = this.server;
    clearTimeout(this.waking);
    if (condition.snoozedUntilMS > Date.now()) {
      condition.snoozedUntilMS = 0;
    } else {
      condition.snoozedUntilMS = Date.now() + snoozeMS;
      this.waking = setTimeout(() => this.server.fire(), snoozeMS);
      void vscode.commands.executeCommand('editor.action.inlineSuggest.hide');
    }
    this.server.fire();
  }

  /** Turns suggestions off for the language of the active editor, or on. */
  async toggleLanguage(): Promise<void> {
    const { language, languageOn } = this.server.condition;
    if (language !== undefined) {
      const set = vscode.workspace.getConfiguration('seedls');
      const now = set.inspect<Record<string, boolean>>('languages')?.globalValue;
      await set.update('languages', { ...now, [language]: !languageOn }, vscode.ConfigurationTarget.Global);
    }
  }

  /** Offers what can be done, the most likely first. */
  async menu(): Promise<void> {
    const { condition } = this.server;
    const language = condition.language ?? 'this language';
    const items: (vscode.QuickPickItem & { command: string; argument?: string })[] = [
      { label: condition.snoozedUntilMS > Date.now() ? '$(bell) Wake suggestions' : '$(bell-slash) Snooze for 5 minutes', command: 'seedls.snooze' },
      { label: condition.languageOn ? `$(circle-slash) Disable for ${language}` : `$(check) Enable for ${language}`, command: 'seedls.toggleLanguage' },
      { label: '$(layers) Show how it was written', description: 'denoising', command: 'seedls.denoising' },
      { label: '$(info) Show status', command: 'seedls.status' },
      { label: '$(output) Show log', command: 'seedls.log' },
      { label: '$(gear) Settings', command: 'workbench.action.openSettings', argument: '@ext:seedls.seedls' },
      { label: '$(debug-restart) Restart server', command: 'seedls.restart' },
    ];
    const choice = await vscode.window.showQuickPick(items, { title: 'seedls', placeHolder: show(condition, Date.now()).lines.join(' · ') });
    if (choice !== undefined) {
      await vscode.commands.executeCommand(choice.command, ...(choice.argument === undefined ? [] : [choice.argument]));
    }
  }

  /** Shows what is known of the server. */
  async report(): Promise<void> {
    const { lines } = show(this.server.condition, Date.now());
    const detail = lines.slice(1);
    const report = await this.server.running?.sendRequest<Report>('seedls/status').catch(() => undefined);
    if (report !== undefined) {
      detail.push(`Process ${report.pid}, ${(report.rss_bytes / 1e6).toFixed(0)} MB`);
      if (report.model !== null) {
        detail.push(`${report.model.kernel}, ${report.model.precision}, ${report.model.threads} threads`);
      }
      for (const l of report.latencies) {
        detail.push(`${l.kind}: ${l.count}, median ${l.p50_ms.toFixed(0)} ms, 95 % within ${l.p95_ms.toFixed(0)} ms`);
      }
    }
    const log = 'Show Log';
    const choice = await vscode.window.showInformationMessage(`seedls: ${lines[0]}`, { modal: true, detail: detail.join('\n') }, log);
    if (choice === log) {
      this.server.log.show();
    }
  }

  /** Takes note of the active editor. */
  private follow(): void {
    const document = vscode.window.activeTextEditor?.document;
    const on = vscode.workspace.getConfiguration('seedls').get<Record<string, boolean>>('languages', {});
    this.server.condition.language = document?.languageId;
    this.server.condition.languageOn = document === undefined || (on[document.languageId] ?? on['*'] ?? true);
    this.server.fire();
  }

  private draw(): void {
    const { icon, lines, severity } = show(this.server.condition, Date.now());
    this.item.text = `${icon} seedls`;
    this.item.tooltip = ['seedls', ...lines].join('\n');
    this.item.accessibilityInformation = { label: `seedls: ${lines.join(', ')}` };
    this.item.backgroundColor = severity === 'none' ? undefined : new vscode.ThemeColor(`statusBarItem.${severity}Background`);
  }
}

/** The part of the answer to seedls/status that is shown. */
interface Report {
  pid: number;
  rss_bytes: number;
  model: { kernel: string; precision: string; threads: number } | null;
  latencies: { kind: string; count: number; p50_ms: number; p95_ms: number }[];
}
