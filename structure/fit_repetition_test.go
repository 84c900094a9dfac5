package structure

import "testing"

func TestRepetition(t *testing.T) {
	const body = "package p\n\nfunc f() {\n\tdefer s.‸\n}\n"
	runCutTests(t, (*fitting).repetition, []cutTest{
		{goLang, body, "mu.Unlock()\n\ts.mu.Unlock()\n\ts.mu.Unlock()\n\ts.mu.Unlock()\n\ts.mu.Unl", "mu.Unlock()\n\ts.mu.Unlock()"},
		{goLang, body, "a()\n\tb()\n\n\tb()\r\n\tb()", "a()\n\tb()"},
		{goLang, body, "a()\n\tb()\n\tc()\n\tb()\n\tc()\n\tb()\n\tc()\n\td()", "a()\n\tb()\n\tc()"},
		{goLang, body, "a()\n\tb()\n\tb()\n\tc()", "a()\n\tb()\n\tb()\n\tc()"},
		{goLang, body, "a()\n\t}\n\t}\n\t}\n\t}", "a()\n\t}\n\t}\n\t}\n\t}"},
		{goLang, body, "a()\n\tb()\n\t\tb()\n\tb()\n\t\tb()", "a()\n\tb()\n\t\tb()\n\tb()\n\t\tb()"},
		{goLang, body, "a()", "a()"},
		{goLang, "‸", "x\ny\ny\ny\ny", "x\ny"},
		{plainLang, "‸", "\n\n\n", "\n\n\n"},
		{goLang, body, "mu.Unlock()\n\ts.mu.Unlock()\n\ts.mu.Unlock()\n\ts.mu.Unlock()\n\ts.mu.Unlock()\n\ts.mu.Unlock()\n\ts.mu.Unlock()\n\ts.mu.Unlock()\n\ts.mu.Unlock()\n\ts.", "mu.Unlock()\n\ts.mu.Unlock()"},
		{goLang, body, "xxxxxxxxxxxxxxxx", ""},
		{goLang, body, "xxxxxxx", "xxxxxxx"},
		{goLang, body, "// ©aéaéaéaéaéaéaéaéaé", "// ©"},
		{goLang, body, "a(nil, nil, nil, nil, nil, nil, nil, nil, nil)", "a("},
		{goLang, body, "a(0, 0, 0, 0, 0, 0)", "a(0, 0, 0, 0, 0, 0)"},
		{goLang, body, "storestorestorestorestorestorestorestorestorestore", ""},
		{goLang, body, "a() // ------------------------", "a() // ------------------------"},
		{goLang, body, "if x {\n\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\ta()\n\t}", "if x {\n\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\ta()\n\t}"},
	})
}
