// Types a function into a Go file, a character at a time, and asks for inline completions after each, as an editor does
// that does not wait. Prints how long it is from the change to the answer, as JSON.
//
// Usage: node latency.mjs GO-FILE COMMAND [ARGUMENT...]
import { Session, awkward, peakMB, percentile } from './client.mjs';

const [goFile, ...command] = process.argv.slice(2);
const s = await Session.start(command, 'utf-16');
const mirror = s.open(awkward(goFile));
const typed = `
func (r *Runner) total(counts []int) (int, error) {
	sum := 0
	for _, n := range counts {
		if n < 0 {
			return 0, errors.New("negative count")
		}
		sum += n
	}
	return sum, nil
}
`.replaceAll('\n', '\r\n');

const latenciesMS = [];
let offset = mirror.text.length, shown = 0;
for (const [text] of typed.matchAll(/\r\n\t*|./gs)) {
  const begun = performance.now();
  s.change(mirror, mirror.edit(offset, offset, text));
  offset += text.length;
  shown += await s.inline(mirror, offset);
  latenciesMS.push(performance.now() - begun);
}
const lines = mirror.lines().length;
console.log(JSON.stringify({
  lines, requests: latenciesMS.length, shown, p50MS: percentile(latenciesMS, 50), p95MS: percentile(latenciesMS, 95),
  maxMS: percentile(latenciesMS, 100), peakMB: peakMB(s.child.pid),
}));
await s.end();
