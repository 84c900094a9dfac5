// VS Code in a browser: code-server with the packaged extension, and Chromium in which its window is.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Browser, chromium, type FrameLocator, type Locator, type Page } from 'playwright-core';

/** How long anything may take, in milliseconds; the machine may be busy with other things. */
const patienceMS = 30_000;

const settings = {
  'files.autoSave': 'afterDelay', // so that the tests can read what is in the editor
  'files.autoSaveDelay': 50,
  'security.workspace.trust.startupPrompt': 'never', // the workspace stays untrusted
  'security.workspace.trust.banner': 'never',
  'workbench.startupEditor': 'none',
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'editor.minimap.enabled': false,
  'editor.occurrencesHighlight': 'off',
  'chat.disableAIFeatures': true,
  'seedls.block': 16, // else it goes by how fast the machine was for a moment, and so does the text
};

export class Workbench {
  private constructor(
    readonly page: Page,
    private readonly home: string,
    private readonly browser: Browser,
    private readonly server: ChildProcess,
  ) {}

  /** Opens a window on a folder with these files. */
  static async open(entry: string, extension: string, files: Record<string, string>): Promise<Workbench> {
    const home = mkdtempSync(path.join(tmpdir(), 'seedls-vscode-'));
    const write = (name: string, text: string) => {
      mkdirSync(path.dirname(path.join(home, name)), { recursive: true });
      writeFileSync(path.join(home, name), text);
    };
    for (const [name, text] of Object.entries(files)) {
      write(`work/${name}`, text);
    }
    write('data/Machine/settings.json', '{}');
    write('data/User/settings.json', JSON.stringify(settings));
    const env = { PATH: process.env['PATH'], LANG: 'C.UTF-8', HOME: home };
    const args = [entry, '--user-data-dir', `${home}/data`, '--extensions-dir', `${home}/extensions`];
    execFileSync(process.execPath, [...args, '--install-extension', extension], { env });
    const port = await freePort();
    const server = spawn(
      process.execPath,
      [...args, '--auth', 'none', '--bind-addr', `127.0.0.1:${port}`, '--disable-telemetry', '--disable-update-check', `${home}/work`],
      { env, stdio: ['ignore', 'pipe', 'inherit'] },
    );
    await new Promise<void>((resolve, reject) => {
      server.stdout!.on('data', (data: Buffer) => data.includes('HTTP server listening') && resolve());
      server.on('exit', (code) => reject(new Error(`code-server exits ${code}`)));
    });
    const browser = await chromium.launch({
      executablePath: '/usr/bin/chromium',
      args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
    });
    const page = await browser.newPage({ viewport: { width: 1100, height: 640 } });
    page.setDefaultTimeout(patienceMS);
    await page.goto(`http://127.0.0.1:${port}/`);
    const workbench = new Workbench(page, home, browser, server);
    await page.locator('.monaco-workbench').waitFor();
    return workbench;
  }

  async close(): Promise<void> {
    await this.browser.close();
    const gone = new Promise((resolve) => this.server.on('exit', resolve));
    this.server.kill();
    await gone;
    rmSync(this.home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }

  /** The text of a file, as it was saved. */
  text(name: string): string {
    return readFileSync(path.join(this.home, 'work', name), 'utf8');
  }

  /** What the extension and the server have logged. */
  logs(): string {
    const folder = path.join(this.home, 'data/logs');
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('seedls.log'));
    return files.map((name) => readFileSync(path.join(folder, name), 'utf8')).join('\n');
  }

  /** Changes the settings of the machine on which the server runs. */
  setMachine(values: Record<string, unknown>): void {
    writeFileSync(path.join(this.home, 'data/Machine/settings.json'), JSON.stringify(values));
  }

  /** Waits until something holds. */
  async until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
    for (const end = Date.now() + patienceMS; !(await holds()); ) {
      if (Date.now() > end) {
        throw new Error(`not within ${patienceMS} ms: ${what}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** Opens a file of the folder in the editor, at a line. */
  async openFile(name: string, line: number): Promise<void> {
    await this.page.keyboard.press('Control+p');
    const input = this.page.locator('.quick-input-widget input');
    await input.waitFor();
    await input.fill(`${name}:${line}`);
    await this.page.locator('.quick-input-list .monaco-list-row.focused', { hasText: name }).waitFor();
    await this.page.keyboard.press('Enter');
    await this.page.locator(`.tab.active[data-resource-name="${name}"]`).first().waitFor();
    await this.page.locator('.monaco-editor.focused').waitFor();
  }

  /** Runs a command by its title, as a user does. */
  async command(title: string): Promise<void> {
    await this.page.keyboard.press('F1');
    const input = this.page.locator('.quick-input-widget input');
    await input.waitFor();
    await input.fill(`>${title}`);
    await this.page.locator('.quick-input-list .monaco-list-row.focused', { hasText: title }).waitFor();
    await this.page.keyboard.press('Enter');
  }

  /** The item of the extension in the status bar. */
  get status(): Locator {
    return this.page.locator('.statusbar-item[id*="seedls"]');
  }

  /** Waits until the status bar says something to who hears the screen. */
  async waitStatus(says: RegExp): Promise<string> {
    let label = '';
    await this.until(`the status bar says ${says}`, async () => {
      label = (await this.status.locator('a').first().getAttribute('aria-label').catch(() => '')) ?? '';
      return says.test(label);
    });
    return label;
  }

  /** The first line of the suggestion in grey, once there is one. */
  async ghost(): Promise<string> {
    const first = this.page.locator('.view-lines [class*="ghost-text"]');
    await first.first().waitFor();
    return (await first.allTextContents()).join('').replaceAll('\u00a0', ' ');
  }

  /** What extensions have written beside the code. */
  async notes(): Promise<string> {
    return this.page.locator('.view-lines span').evaluateAll((spans) =>
      spans.map((span) => getComputedStyle(span, '::after').content).filter((content) => content !== 'none').join('\n'),
    );
  }

  /** The light bulb, or sparkle, in the editor. */
  get bulb(): Locator {
    return this.page.locator('.lightBulbWidget, [class*="codicon-gutter-lightbulb"]').first();
  }

  /** Opens the menu of code actions, which closes when the editor has news for it, until it has a row. */
  async openActions(text: string): Promise<void> {
    await this.until(`the code action ${text} is offered`, async () => {
      await this.page.keyboard.press('Control+.');
      return this.row(text).waitFor({ timeout: 3000 }).then(() => true, () => false);
    });
  }

  /** A row of the menu that is open: of code actions, or a list to choose from. */
  row(text: string): Locator {
    return this.page.locator('.action-widget .monaco-list-row, .quick-input-list .monaco-list-row', { hasText: text }).first();
  }

  /** A notification, with its buttons. */
  notification(text: string): Locator {
    return this.page.locator('.notification-toast', { hasText: text }).first();
  }

  /** The document in the panel of the extension. */
  get panel(): FrameLocator {
    return this.page.frameLocator('iframe.webview').frameLocator('iframe#active-frame');
  }

  /** The processes that run the server of the extension. */
  servers(): number[] {
    return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number).filter((pid) => {
      try {
        return readlinkSync(`/proc/${pid}/exe`).includes(`${this.home}/extensions/`);
      } catch {
        return false; // it ended
      }
    });
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
