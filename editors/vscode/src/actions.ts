import * as vscode from 'vscode';
import { type CodeAction, CodeActionRequest, CodeActionResolveRequest, Command, ExecuteCommandRequest } from 'vscode-languageclient/node';
import type { Server } from './server';

/** What a command does: the server's code action whose title begins so. */
export type Action = 'Fill here' | 'Finish this body' | 'Repair this region';

/** Does a code action of the server where the cursor is, or says why it cannot be done. */
export async function act(server: Server, wanted: Action): Promise<void> {
  const editor = vscode.window.activeTextEditor;
  const client = server.running;
  if (editor === undefined || client === undefined) {
    return;
  }
  const { document, selection } = editor;
  const actions = await client.sendRequest(CodeActionRequest.type, {
    textDocument: client.code2ProtocolConverter.asTextDocumentIdentifier(document),
    range: client.code2ProtocolConverter.asRange(selection),
    context: { diagnostics: await client.code2ProtocolConverter.asDiagnostics(diagnosticsAt(document, selection)) },
  });
  const action = actions?.find((a): a is CodeAction => !Command.is(a) && a.title.startsWith(wanted));
  if (action === undefined) {
    void vscode.window.showInformationMessage(`seedls: there is nothing to do here for “${wanted}”.`);
    return;
  }
  const progress = { location: vscode.ProgressLocation.Notification, title: `seedls: ${action.title}`, cancellable: true };
  await vscode.window.withProgress(progress, async (_, token) => {
    try {
      const { edit, command } = await client.sendRequest(CodeActionResolveRequest.type, action, token);
      if (edit !== undefined) {
        await vscode.workspace.applyEdit(await client.protocol2CodeConverter.asWorkspaceEdit(edit));
      }
      if (command !== undefined) {
        await client.sendRequest(ExecuteCommandRequest.type, command, token);
      }
    } catch (error) {
      if (!token.isCancellationRequested) {
        void vscode.window.showInformationMessage(`seedls: ${(error as Error).message}`);
      }
    }
  });
}

function diagnosticsAt(document: vscode.TextDocument, range: vscode.Range): vscode.Diagnostic[] {
  return vscode.languages.getDiagnostics(document.uri).filter((d) => d.range.intersection(range) !== undefined);
}
