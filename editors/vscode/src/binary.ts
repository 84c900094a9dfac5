import { accessSync, constants, statSync } from 'node:fs';
import * as path from 'node:path';

/** What says where the server may be. */
export interface Places {
  /** The setting seedls.server.path; '' if it is not set. */
  setting: string;
  /** The folder of the extension, in which a platform's package has the server. */
  extension: string;
  /** The variable PATH. */
  path: string;
  windows: boolean;
}

/**
 * Finds the server: the one that is set, the one in the extension, or the first on PATH. Folders of PATH that are not
 * absolute are left out: they would be below the workspace, of which nothing may be executed.
 *
 * Throws an error that says how to mend it if there is none.
 */
export function findServer(places: Places, isProgram: (file: string) => boolean = isExecutable): string {
  if (places.setting !== '') {
    if (!path.isAbsolute(places.setting)) {
      throw new Error(`The setting seedls.server.path is ${places.setting}: a full path is wanted.`);
    }
    if (!isProgram(places.setting)) {
      throw new Error(`The setting seedls.server.path is ${places.setting}, which is no program.`);
    }
    return places.setting;
  }
  const name = places.windows ? 'seedls.exe' : 'seedls';
  const folders = [path.join(places.extension, 'bin'), ...places.path.split(places.windows ? ';' : ':')];
  for (const folder of folders) {
    const file = path.join(folder, name);
    if (path.isAbsolute(folder) && isProgram(file)) {
      return file;
    }
  }
  throw new Error('The server, seedls, is neither in this extension nor on PATH. Build it, and set seedls.server.path.');
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
