// Bundles the extension and the script of its view into dist/, with "test" also the unit tests, with "browser" those in a
// browser, and with "package" packs the extension with the server for this platform into bin/seedls.vsix.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { build } from 'esbuild';

const what = process.argv[2];
const root = '../..';
const common = { bundle: true, logLevel: 'warning', minify: what !== 'test', sourcemap: what === 'test' && 'inline' };
const node = { ...common, platform: 'node', format: 'cjs', target: 'node20', external: ['vscode'] };

rmSync('dist', { recursive: true, force: true });
await build({ ...node, entryPoints: ['src/extension.ts'], outdir: 'dist' });
await build({ ...common, entryPoints: ['webview/denoising.ts', 'webview/denoising.css'], format: 'iife', target: 'es2022', outdir: 'dist' });

if (what === 'test') {
  const tests = readdirSync('test').filter((name) => name.endsWith('.test.ts'));
  await build({ ...node, entryPoints: tests.map((name) => `test/${name}`), outdir: 'dist/test' });
}

if (what === 'browser') {
  await build({ ...node, entryPoints: ['browser/vscode.test.ts'], external: ['playwright-core'], outdir: 'dist/browser' });
}

if (what === 'package') {
  const server = process.platform === 'win32' ? 'seedls.exe' : 'seedls';
  mkdirSync('bin', { recursive: true });
  copyFileSync(`${root}/bin/${server}`, `bin/${server}`);
  copyFileSync(`${root}/LICENSE`, 'LICENSE');
  const vsce = ['node_modules/@vscode/vsce/vsce', 'package', '--no-dependencies', '--allow-missing-repository'];
  execFileSync(process.execPath, [...vsce, '--target', `${process.platform}-${process.arch}`, '--out', `${root}/bin/seedls.vsix`], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
}
