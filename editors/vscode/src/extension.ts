import * as vscode from 'vscode';
import { act } from './actions';
import { Denoising } from './denoising';
import { NextEdit } from './nextEdit';
import { Server } from './server';
import { Status } from './status';

/** Starts the server, and what goes with it. */
export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const server = new Server(context);
  const status = new Status(server);
  const nextEdit = new NextEdit(server);
  const denoising = new Denoising(server, context.extensionUri);
  context.subscriptions.push(server, status, nextEdit, denoising);

  const commands: Record<string, () => unknown> = {
    fill: () => act(server, 'Fill here'),
    finish: () => act(server, 'Finish this body'),
    repair: () => act(server, 'Repair this region'),
    nextEdit: () => nextEdit.go(),
    dismissNextEdit: () => nextEdit.clear(),
    denoising: () => denoising.open(),
    snooze: () => status.snooze(),
    toggleLanguage: () => status.toggleLanguage(),
    menu: () => status.menu(),
    status: () => status.report(),
    log: () => server.log.show(),
    restart: () => server.restart(),
  };
  for (const [name, run] of Object.entries(commands)) {
    context.subscriptions.push(vscode.commands.registerCommand(`seedls.${name}`, run));
  }
  context.subscriptions.push(
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration('seedls.server')) {
        void server.restart();
      }
    }),
  );
  await server.restart();
}
