package structure

import (
	"path/filepath"
	"strings"
)

// A Language is what the package knows about a programming language. There is
// one value for each, so languages compare with ==. It is safe for concurrent
// use.
type Language struct {
	name       string
	grammar    grammar // nil for plain text, and without cgo
	indentUnit string  // of a buffer that shows none
	lexis      lexis
	offside    bool // blocks are made by indentation, after a colon
	// looksAhead says that what a quote is depends on what comes after it.
	looksAhead bool
	// ambiguous says that the grammar keeps reading every "<" both as less-than
	// and as the beginning of type arguments.
	ambiguous bool
	// hoists says that what the top level declares is visible before it too,
	// and lateBinding that functions see what is declared around them later.
	hoists, lateBinding bool
	// semicolons says that statements end with one, and ambientTypes that
	// types can come from where no import tells.
	semicolons, ambientTypes bool
	words                    lexicon
}

// Name returns the language's name in lower case, such as "go" or "tsx";
// "plain" for what it knows nothing of.
func (l *Language) Name() string { return l.name }

func (l *Language) String() string { return l.name }

// HasGrammar says whether texts have syntax trees, rather than brackets and
// indentation only.
func (l *Language) HasGrammar() bool { return l.grammar != nil }

var (
	goLang = &Language{
		name: "go", grammar: grammars["go"], indentUnit: "\t",
		lexis: goLexis, words: goWords, hoists: true,
	}
	pythonLang = &Language{
		name: "python", grammar: grammars["python"], indentUnit: "    ",
		lexis: pythonLexis, words: pythonWords, offside: true, lateBinding: true,
	}
	javaScriptLang = &Language{
		name: "javascript", grammar: grammars["javascript"], indentUnit: "  ",
		lexis: scriptLexis, words: scriptWords, lateBinding: true, semicolons: true, ambientTypes: true,
	}
	typeScriptLang = &Language{
		name: "typescript", grammar: grammars["typescript"], ambiguous: true, indentUnit: "  ",
		lexis: scriptLexis, words: typeScriptWords, lateBinding: true, semicolons: true, ambientTypes: true,
	}
	tsxLang = &Language{
		name: "tsx", grammar: grammars["tsx"], ambiguous: true, indentUnit: "  ",
		lexis: scriptLexis, words: typeScriptWords, lateBinding: true, semicolons: true, ambientTypes: true,
	}
	javaLang = &Language{
		name: "java", grammar: grammars["java"], ambiguous: true, indentUnit: "    ",
		lexis: javaLexis, words: javaWords, hoists: true, semicolons: true, ambientTypes: true,
	}
	cLang = &Language{
		name: "c", grammar: grammars["c"], indentUnit: "    ",
		lexis: cLexis, words: cWords, semicolons: true,
	}
	cppLang = &Language{
		name: "cpp", grammar: grammars["cpp"], indentUnit: "    ",
		lexis: cppLexis, words: cppWords, semicolons: true,
	}
	rustLang = &Language{
		name: "rust", grammar: grammars["rust"], indentUnit: "    ",
		lexis: rustLexis, words: rustWords, looksAhead: true, hoists: true, semicolons: true,
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
