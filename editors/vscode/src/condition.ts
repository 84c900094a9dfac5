/** What the server says of itself by seedls/didChangeStatus. */
export interface ServerCondition {
  busy: boolean;
  message: string;
  kind: 'Normal' | 'Error' | 'Warning' | 'Inactive';
}

/** All that the status bar is about. */
export interface Condition {
  server: 'starting' | 'running' | 'stopped';
  /** Why it stopped; '' if it was asked to. */
  failure: string;
  version: string;
  /** '' if the server does not tell. */
  model: string;
  /** How many requests the model is at. */
  working: number;
  told: ServerCondition | undefined;
  /** How long the last suggestion took; undefined before the first. */
  latencyMS: number | undefined;
  /** When suggestions wake; 0 if they do not sleep. */
  snoozedUntilMS: number;
  /** The language of the active editor, and whether the user wants suggestions in it. */
  language: string | undefined;
  languageOn: boolean;
}

/** What the status bar shows. */
export interface Shown {
  icon: string;
  /** What there is to say, the most important first; the first stands beside the icon of whoever hears the screen. */
  lines: string[];
  severity: 'none' | 'warning' | 'error';
}

/** Says in words how it stands. */
export function show(c: Condition, nowMS: number): Shown {
  const lines: string[] = [];
  let icon = '$(sparkle)';
  let severity: Shown['severity'] = 'none';
  if (c.server === 'stopped') {
    icon = '$(error)';
    severity = 'error';
    lines.push(c.failure === '' ? 'The server is stopped.' : c.failure);
  } else if (c.server === 'starting') {
    icon = '$(loading~spin)';
    lines.push('The server is starting.');
  } else if (c.told?.kind === 'Error' || c.told?.kind === 'Warning') {
    icon = '$(warning)';
    severity = c.told.kind === 'Error' ? 'error' : 'warning';
    lines.push(c.told.message);
  } else if (c.snoozedUntilMS > nowMS) {
    icon = '$(bell-slash)';
    lines.push(`Snoozed until ${new Date(c.snoozedUntilMS).toLocaleTimeString()}.`);
  } else if (!c.languageOn) {
    icon = '$(circle-slash)';
    lines.push(`Off for ${c.language ?? 'this language'}.`);
  } else if (c.working > 0 || c.told?.busy) {
    icon = '$(loading~spin)';
    lines.push('The model is at work.');
  } else if (c.told?.kind === 'Inactive') {
    icon = '$(circle-slash)';
    lines.push(c.told.message);
  } else {
    lines.push('Ready.');
  }
  if (c.server === 'running') {
    lines.push(`Model: ${c.model === '' ? 'not told' : c.model}`);
    lines.push(c.latencyMS === undefined ? 'No suggestion yet' : `Last suggestion: ${Math.round(c.latencyMS)} ms`);
    lines.push(`Server: ${c.version}`);
  }
  return { icon, lines, severity };
}
