package structure

import (
	"path/filepath"
	"strings"
	"sync"

	sitter "github.com/smacker/go-tree-sitter"
	"github.com/smacker/go-tree-sitter/c"
	"github.com/smacker/go-tree-sitter/cpp"
	"github.com/smacker/go-tree-sitter/golang"
	"github.com/smacker/go-tree-sitter/java"
	"github.com/smacker/go-tree-sitter/javascript"
	"github.com/smacker/go-tree-sitter/python"
	"github.com/smacker/go-tree-sitter/rust"
	"github.com/smacker/go-tree-sitter/typescript/tsx"
	"github.com/smacker/go-tree-sitter/typescript/typescript"
)

// A Language is what the package knows about a programming language. There is
// one value for each, so languages compare with ==. It is safe for concurrent
// use.
type Language struct {
	name       string
	grammar    func() *sitter.Language // nil for plain text
	indentUnit string                  // of a buffer that shows none
	lexis      lexis
	offside    bool // blocks are made by indentation, after a colon
	// looksAhead says that what a quote is depends on what comes after it.
	looksAhead bool
	// ambiguous says that the grammar keeps reading every "<" both as less-than
	// and as the beginning of type arguments.
	ambiguous bool
}

// Name returns the language's name in lower case, such as "go" or "tsx";
// "plain" for the fallback without a grammar.
func (l *Language) Name() string { return l.name }

func (l *Language) String() string { return l.name }

var (
	goLang = &Language{
		name: "go", grammar: sync.OnceValue(golang.GetLanguage), indentUnit: "\t",
		lexis: goLexis,
	}
	pythonLang = &Language{
		name: "python", grammar: sync.OnceValue(python.GetLanguage), indentUnit: "    ",
		lexis: pythonLexis, offside: true,
	}
	javaScriptLang = &Language{
		name: "javascript", grammar: sync.OnceValue(javascript.GetLanguage), indentUnit: "  ",
		lexis: scriptLexis,
	}
	typeScriptLang = &Language{
		name: "typescript", grammar: sync.OnceValue(typescript.GetLanguage), ambiguous: true, indentUnit: "  ",
		lexis: scriptLexis,
	}
	tsxLang = &Language{
		name: "tsx", grammar: sync.OnceValue(tsx.GetLanguage), ambiguous: true, indentUnit: "  ",
		lexis: scriptLexis,
	}
	javaLang = &Language{
		name: "java", grammar: sync.OnceValue(java.GetLanguage), ambiguous: true, indentUnit: "    ",
		lexis: javaLexis,
	}
	cLang = &Language{
		name: "c", grammar: sync.OnceValue(c.GetLanguage), indentUnit: "    ",
		lexis: cLexis,
	}
	cppLang = &Language{
		name: "cpp", grammar: sync.OnceValue(cpp.GetLanguage), indentUnit: "    ",
		lexis: cppLexis,
	}
	rustLang = &Language{
		name: "rust", grammar: sync.OnceValue(rust.GetLanguage), indentUnit: "    ",
		lexis: rustLexis, looksAhead: true,
	}
	plainLang = &Language{name: "plain", indentUnit: "    ", lexis: plainLexis, looksAhead: true}
)

// languageIDs maps the language identifiers of the Language Server Protocol.
var languageIDs = map[string]*Language{
	"go":              goLang,
	"python":          pythonLang,
	"javascript":      javaScriptLang,
	"javascriptreact": javaScriptLang,
	"typescript":      typeScriptLang,
	"typescriptreact": tsxLang,
	"java":            javaLang,
	"c":               cLang,
	"cpp":             cppLang,
	"rust":            rustLang,
}

// extensions maps file name extensions. A header is taken as C++, whose
// grammar reads C headers too; an editor that knows better says so with the
// language identifier.
var extensions = map[string]*Language{
	".go":  goLang,
	".py":  pythonLang,
	".pyi": pythonLang,
	".pyw": pythonLang,
	".js":  javaScriptLang,
	".jsx": javaScriptLang,
	".mjs": javaScriptLang,
	".cjs": javaScriptLang,
	".ts":  typeScriptLang,
	".mts": typeScriptLang,
	".cts": typeScriptLang,
	".tsx": tsxLang,

	".java": javaLang,
	".c":    cLang,
	".h":    cppLang,
	".cc":   cppLang,
	".cpp":  cppLang,
	".cxx":  cppLang,
	".hh":   cppLang,
	".hpp":  cppLang,
	".hxx":  cppLang,
	".rs":   rustLang,
}

// LanguageForPath chooses a language by the extension of a file path or URI,
// in any case. It is never nil: an unknown extension is plain text.
func LanguageForPath(path string) *Language {
	if l, ok := extensions[strings.ToLower(filepath.Ext(path))]; ok {
		return l
	}
	return plainLang
}

// LanguageForID chooses a language by its Language Server Protocol identifier,
// such as "go" or "typescriptreact". It is never nil: an unknown identifier is
// plain text.
func LanguageForID(id string) *Language {
	if l, ok := languageIDs[id]; ok {
		return l
	}
	return plainLang
}
