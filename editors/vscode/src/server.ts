import * as path from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import * as vscode from 'vscode';
import {
  CloseAction,
  ErrorAction,
  LanguageClient,
  type LanguageClientOptions,
  type MessageSignature,
  RevealOutputChannelOn,
  State,
} from 'vscode-languageclient/node';
import { findServer } from './binary';
import type { Condition, ServerCondition } from './condition';
import { Restarts } from './restarts';
import { chosen, serverKeys } from './settings';

/** The languages whose syntax the server knows. */
export const languages = [
  'go', 'python', 'javascript', 'javascriptreact', 'typescript', 'typescriptreact', 'java', 'c', 'cpp', 'rust',
];

const didChangeStatus = 'seedls/didChangeStatus';

/** What the model works for. */
const heavy = new Set([
  'textDocument/inlineCompletion', 'textDocument/completion', 'textDocument/copilotInlineEdit', 'codeAction/resolve',
  'workspace/executeCommand', 'seedls/explain',
]);

/** The server process and the connection to it, and what is known of them. */
export class Server implements vscode.Disposable {
  readonly log = vscode.window.createOutputChannel('seedls', { log: true });
  readonly condition: Condition = {
    server: 'stopped', failure: '', version: '', model: '', working: 0, told: undefined, latencyMS: undefined,
    snoozedUntilMS: 0, language: undefined, languageOn: true,
  };
  private readonly changed = new vscode.EventEmitter<void>();
  /** Fires when the condition is another one. */
  readonly onDidChange = this.changed.event;

  private client: LanguageClient | undefined;
  private readonly restarts = new Restarts();
  /** Starts and stops, one after another. */
  private last: Promise<void> = Promise.resolve();

  constructor(private readonly context: vscode.ExtensionContext) {}

  /** The connection, while there is one. */
  get running(): LanguageClient | undefined {
    return this.client?.state === State.Running ? this.client : undefined;
  }

  /** Tells whoever listens that the condition was changed. */
  fire(): void {
    this.changed.fire();
  }

  /** Starts the server anew, at the wish of the user. */
  restart(): Promise<void> {
    this.last = this.last.then(async () => {
      await this.stop();
      this.restarts.reset();
      await this.start();
    });
    return this.last;
  }

  async dispose(): Promise<void> {
    await this.last;
    await this.stop();
    this.changed.dispose();
    this.log.dispose();
  }

  private async start(): Promise<void> {
    const configuration = vscode.workspace.getConfiguration('seedls.server');
    let command: string;
    try {
      command = findServer({
        setting: configuration.get('path', ''),
        extension: this.context.extensionPath,
        path: process.env['PATH'] ?? '',
        windows: process.platform === 'win32',
      });
    } catch (error) {
      this.fail((error as Error).message, 'Get Started');
      return;
    }
    const args = ['serve', ...configuration.get<string[]>('arguments', [])];
    this.log.info(`starting ${command} ${args.join(' ')}`);
    // Its own folder, so that it looks for nothing in the workspace.
    const client = new LanguageClient('seedls', 'seedls', { command, args, options: { cwd: path.dirname(command) } }, this.options());
    client.registerFeature({
      fillClientCapabilities: (capabilities) => {
        capabilities.experimental = { ...capabilities.experimental, [didChangeStatus]: true };
      },
      initialize: () => undefined,
      getState: () => ({ kind: 'static' }),
      clear: () => undefined,
    });
    client.onDidChangeState(({ newState }) => this.stateChanged(client, newState));
    client.onNotification(didChangeStatus, (told: ServerCondition) => {
      this.condition.told = told;
      this.fire();
    });
    this.client = client;
    try {
      await client.start();
    } catch (error) {
      this.fail(`The server ${command} did not start: ${(error as Error).message}`, 'Show Log');
    }
  }

  private async stop(): Promise<void> {
    const client = this.client;
    this.client = undefined;
    if (client !== undefined) {
      await client.dispose().catch((error: unknown) => this.log.warn(String(error)));
    }
  }

  private options(): LanguageClientOptions {
    return {
      documentSelector: languages.flatMap((language) => [{ scheme: 'file', language }, { scheme: 'untitled', language }]),
      outputChannel: this.log,
      revealOutputChannelOn: RevealOutputChannelOn.Never,
      stdioOptions: { stdout: () => undefined, stderr: (input, log) => passOn(input, log) },
      initializationOptions: () => this.settings(),
      initializationFailedHandler: () => false,
      errorHandler: {
        error: () => ({ action: ErrorAction.Continue }),
        closed: () => this.closed(),
      },
      middleware: {
        workspace: { configuration: (params) => params.items.map(() => this.settings()) },
        sendRequest: (type, param, token, next) => {
          const method = methodOf(type);
          return heavy.has(method) ? this.count(() => next(type, param, token)) : next(type, param, token);
        },
        provideInlineCompletionItems: async (document, position, context, token, next) => {
          const automatic = context.triggerKind === vscode.InlineCompletionTriggerKind.Automatic;
          if (automatic && this.condition.snoozedUntilMS > Date.now()) {
            return [];
          }
          const begun = performance.now();
          const result = await next(document, position, context, token);
          const items = Array.isArray(result) ? result : (result?.items ?? []);
          if (items.length > 0 && !token.isCancellationRequested) {
            this.condition.latencyMS = performance.now() - begun;
            this.fire();
          }
          return result;
        },
      },
    };
  }

  /** Counts a request as one that the model works for. */
  private async count<R>(send: () => Promise<R>): Promise<R> {
    this.condition.working++;
    this.fire();
    try {
      return await send();
    } finally {
      this.condition.working--;
      this.fire();
    }
  }

  /** What the user has set, for the server. */
  private settings(): Record<string, unknown> {
    const section = vscode.workspace.getConfiguration('seedls');
    const manifest = this.context.extension.packageJSON as { contributes: { configuration: { properties: Record<string, unknown> } } };
    return chosen(serverKeys(manifest.contributes.configuration.properties), (key) => section.inspect(key));
  }

  private stateChanged(client: LanguageClient, state: State): void {
    if (client !== this.client) {
      return;
    }
    if (state === State.Running) {
      Object.assign(this.condition, { server: 'running', failure: '', model: '', version: client.initializeResult?.serverInfo?.version ?? '' });
      void this.askModel(client);
    } else {
      Object.assign(this.condition, { server: state === State.Starting ? 'starting' : 'stopped', told: undefined, latencyMS: undefined });
    }
    void vscode.commands.executeCommand('setContext', 'seedls.running', state === State.Running);
    this.fire();
  }

  private async askModel(client: LanguageClient): Promise<void> {
    try {
      const status = await client.sendRequest<{ model: { name: string } | null }>('seedls/status');
      this.condition.model = status.model?.name ?? 'none';
      this.fire();
    } catch (error) {
      this.log.warn(`seedls/status: ${String(error)}`); // of a server on PATH that is older
    }
  }

  /** Has a server that died started again, unless it died too often. */
  private closed(): { action: CloseAction; handled: boolean } {
    if (this.restarts.mayRestart(Date.now())) {
      this.log.warn('the server ended; it is started again');
      return { action: CloseAction.Restart, handled: true };
    }
    // Said once the client has taken note that it is stopped.
    setTimeout(() => this.fail('The server of seedls ended again and again, so it is not started any more.', 'Show Log'));
    return { action: CloseAction.DoNotRestart, handled: true };
  }

  /** Says why there is no server, with a button for what helps. */
  private fail(failure: string, help: 'Get Started' | 'Show Log'): void {
    this.log.error(failure);
    Object.assign(this.condition, { server: 'stopped', failure });
    this.fire();
    const settings = 'Open Settings';
    const again = 'Start Again';
    void vscode.window.showErrorMessage(failure, help, settings, again).then((choice) => {
      switch (choice) {
        case 'Get Started':
          return vscode.commands.executeCommand('workbench.action.openWalkthrough', 'seedls.seedls#start');
        case 'Show Log':
          return this.log.show();
        case settings:
          return vscode.commands.executeCommand('workbench.action.openSettings', 'seedls.server');
        case again:
          return this.restart();
      }
    });
  }
}

/** Writes what the server logs, at the level that each line names. */
function passOn(input: Readable, log: vscode.LogOutputChannel): void {
  createInterface({ input }).on('line', (line) => {
    const level = / level=(ERROR|WARN|DEBUG)/.exec(line)?.[1]?.toLowerCase() ?? 'info';
    log[level as 'error' | 'warn' | 'debug' | 'info'](line);
  });
}

function methodOf(type: string | MessageSignature): string {
  return typeof type === 'string' ? type : type.method;
}
