package structure

import "testing"

func TestClosing(t *testing.T) {
	const (
		ruby  = "def f\n  ‸\nend\n"
		shell = "for i in *; do\n    ‸\ndone\n"
		html  = "<ul>\n  ‸\n</ul>\n"
	)
	runCutTests(t, (*fitting).closing, []cutTest{
		{plainLang, ruby, "x = 1\n  end", "x = 1"},
		{plainLang, ruby, "if y\n    x\n  end", "if y\n    x\n  end"},
		{plainLang, ruby, "if y\n    x\n  end\n  end", "if y\n    x\n  end"},
		{plainLang, ruby, "if y\n    x\n  else\n    z\n  end\n  a\n  end\n\n  b", "if y\n    x\n  else\n    z\n  end\n  a"},
		{plainLang, ruby, "if y\r\n    x\r\n  end\r\n  end", "if y\r\n    x\r\n  end"},
		{plainLang, ruby, "end", ""},
		{plainLang, ruby, "x = 1\n  done", "x = 1\n  done"},
		{plainLang, shell, "a\n    done", "a"},
		{plainLang, shell, "if b; then\n        a\n    fi\n    done", "if b; then\n        a\n    fi"},
		{plainLang, "if a; then\n    ‸\nfi\n", "b\n    fi", "b"},
		{plainLang, html, "<li>a</li>\n  </ul>", "<li>a</li>"},
		{plainLang, html, "<ul>\n    <li/>\n  </ul>", "<ul>\n    <li/>\n  </ul>"},
		{tsxLang, "const a = (\n  <ul>\n    ‸\n  </ul>\n);\n", "<li/>\n    </ul>", "<li/>"},
		{goLang, "package p\n\nfunc f() {\n\t‸\n}\n", "a()\n\tb()", "a()\n\tb()"},
		{goLang, "package p\n\nfunc f() {\n\tif x {\n\t\t‸\n}\n", "a()\n\t\t}", "a()\n\t\t}"},
	})
}
