/** Where a setting has a value, as VS Code's inspect says it. */
export interface Inspected {
  globalValue?: unknown;
  workspaceValue?: unknown;
  workspaceFolderValue?: unknown;
}

/**
 * Returns what the user has set of the server's settings. Defaults are left out: the server knows them, and to name one
 * would be to choose it, against a preset such as "quality".
 */
export function chosen(keys: string[], inspect: (key: string) => Inspected | undefined): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const key of keys) {
    const found = inspect(key);
    const value = found?.workspaceFolderValue ?? found?.workspaceValue ?? found?.globalValue;
    if (value !== undefined) {
      values[key] = value;
    }
  }
  return values;
}

/** Returns the keys of a manifest's settings that are the server's. */
export function serverKeys(properties: Record<string, unknown>): string[] {
  return Object.keys(properties)
    .filter((name) => !name.startsWith('seedls.server.'))
    .map((name) => name.slice('seedls.'.length));
}
