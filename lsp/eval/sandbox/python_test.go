package sandbox

import (
	"strings"
	"testing"
)

func TestPython(t *testing.T) {
	r := runner(t, "", "python3")
	for _, test := range []struct {
		name, program    string
		compiles, passes bool
		output           string
	}{
		{"passes", "import math\nprint('hello')\nassert math.gcd(12, 18) == 6\n", true, true, ""},
		{"passes though nothing", "", true, true, ""},
		{"fails an assertion", "def f():\n    return 1\nassert f() == 2, 'f gives %d' % f()\n", true, false, "AssertionError: f gives 1\n"},
		{"says where", "x = 1\nassert x == 2\n", true, false, `File "program.py", line 2`},
		{"exit code", "raise SystemExit(3)", true, false, "[exit status 3]\n"},
		{"leaves with success", "raise SystemExit(0)", true, false, ""},
		{"leaves with success at once", "import os\nos._exit(0)\nassert False", true, false, ""},
		{"crashes", "import ctypes\nctypes.string_at(0)", true, false, "[signal: "},
		{"does not parse", "def f(:\n    pass\n", false, false, "SyntaxError"},
		{"parses, does not compile", "return 1\n", false, false, "'return' outside function"},
		{"not text", "x = '\x00'", false, false, ""},
		{"rewrites itself", "import sys\nopen(sys.argv[0], 'w').write('def f(:')\nassert False", true, false, "AssertionError"},
		{"no input", "import sys\nassert sys.stdin.read() == ''", true, true, ""},
		{"takes its rights away", "import os\nos.makedirs('a/b')\nos.chmod('a/b', 0); os.chmod('a', 0); os.chmod('.', 0)", true, true, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := python(t, r, test.program)
			if got.Compiles != test.compiles || got.Vets || got.Passes != test.passes {
				t.Errorf("%+v", got)
			}
			if !strings.Contains(got.Output, test.output) || got.Passes && got.Output != "" {
				t.Errorf("output %q, want %q in it", got.Output, test.output)
			}
		})
	}
}
