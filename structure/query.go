package structure

import (
	"embed"
	"fmt"
	"strings"
)

// queryFiles holds the queries of tree-sitter that say what the nodes of a
// language's grammar mean. [parseMeaning] reads the names of their captures.
//
//go:embed queries
var queryFiles embed.FS

// A queryKind is a question about a syntax tree.
type queryKind int

const (
	// outlineQuery finds scopes and what can be declared outside of functions.
	outlineQuery queryKind = iota
	// localsQuery also finds what only functions have.
	localsQuery
	// referencesQuery finds names that are used.
	referencesQuery
	// holesQuery finds nodes whose brackets say what a hole in them is.
	holesQuery
	queryKinds int = iota
)

// queryParts are the files that each query is made of.
var queryParts = [...][]string{
	outlineQuery:    {"declarations"},
	localsQuery:     {"declarations", "locals"},
	referencesQuery: {"references"},
	holesQuery:      {"holes"},
}

// queryFolders are where the queries of a language are, if not in a folder of
// its name.
var queryFolders = map[string][]string{
	"javascript": {"ecmascript", "jsx", "javascript"},
	"typescript": {"ecmascript", "typescript"},
	"tsx":        {"ecmascript", "jsx", "typescript"},
	"c":          {"cfamily", "c"},
	"cpp":        {"cfamily", "cpp"},
}

// querySource returns the text of a language's query. A folder need not have
// all parts.
func querySource(lang string, kind queryKind) string {
	folders := queryFolders[lang]
	if folders == nil {
		folders = []string{lang}
	}
	var b strings.Builder
	for _, part := range queryParts[kind] {
		for _, folder := range folders {
			text, _ := queryFiles.ReadFile("queries/" + folder + "/" + part + ".scm")
			b.Write(text)
		}
	}
	return b.String()
}

// A markKind says what a captured node is.
type markKind uint8

const (
	markNone       markKind = iota
	markDefinition          // a name that is declared
	markMember              // a name that is only declared behind a dot
	markReference           // a name that is used
	markKey                 // a name that is no reference after all
	markIncomplete          // something that declares names which the file does not show
	markHole                // a node whose brackets have a kind

	// These are around definitions.

	markBlock      // a scope
	markFunction   // a scope that is a function
	markClass      // a scope of members, which its methods see
	markBody       // a scope of members, which its methods do not see
	markNamespace  // a scope of package-level names
	markTemplate   // a scope of type parameters: other names are around it
	markSignature  // a scope of parameters, unless they are a function's
	markParameters // what is declared in it is a parameter
	markReceiver   // or a receiver
	markImport     // or an import
	markTypes      // or a type parameter
	markAfter      // what is declared in it is visible behind it
)

// A markFlag says where a definition is visible.
type markFlag uint16

const (
	flagOuter    markFlag = 1 << iota // in the scope around the innermost one
	flagHoisted                       // also before it
	flagFunction                      // in all of the function
	flagGlobal                        // in all of the file
	flagPath                          // its name is the last part of an import path
	flagCall                          // the reference is called
	flagType                          // the reference is a type
	flagElement                       // or, in lower case, nothing of the file's
	flagPattern                       // in upper case it is a reference
	flagMembers                       // the function sees the members of any class
)

// A meaning is that of a capture's name.
type meaning struct {
	kind    markKind
	symbol  SymbolKind // of a definition; 0: what its place says
	flags   markFlag
	bracket bracketKind // of a markHole
}

// meanings are by the names that captures can have, flags aside.
var meanings = map[string]meaning{
	"definition":            {kind: markDefinition},
	"definition.parameter":  {kind: markDefinition, symbol: KindParameter},
	"definition.import":     {kind: markDefinition, symbol: KindImport},
	"definition.type":       {kind: markDefinition, symbol: KindTypeParameter},
	"definition.label":      {kind: markDefinition, symbol: KindLabel},
	"definition.package":    {kind: markDefinition, symbol: KindPackageLevel},
	"member":                {kind: markMember, symbol: KindMember},
	"reference":             {kind: markReference},
	"key":                   {kind: markKey},
	"incomplete":            {kind: markIncomplete},
	"scope":                 {kind: markBlock},
	"scope.function":        {kind: markFunction},
	"scope.class":           {kind: markClass},
	"scope.body":            {kind: markBody},
	"scope.namespace":       {kind: markNamespace},
	"scope.template":        {kind: markTemplate},
	"scope.parameters":      {kind: markSignature},
	"within.parameters":     {kind: markParameters},
	"within.receiver":       {kind: markReceiver},
	"within.import":         {kind: markImport},
	"within.typeparameters": {kind: markTypes},
	"within.after":          {kind: markAfter},
	"hole.body":             {kind: markHole, bracket: bodyBracket},
	"hole.members":          {kind: markHole, bracket: memberBracket},
	"hole.arguments":        {kind: markHole, bracket: argumentBracket},
	"hole.expression":       {kind: markHole, bracket: expressionBracket},
}

var markFlags = map[string]markFlag{
	"outer": flagOuter, "hoisted": flagHoisted, "function": flagFunction, "global": flagGlobal, "path": flagPath,
	"call": flagCall, "type": flagType, "element": flagElement, "pattern": flagPattern, "members": flagMembers,
}

// parseMeaning reads the name of a capture: a mark, and flags behind further
// dots.
func parseMeaning(name string) (meaning, error) {
	base, flags := name, markFlag(0)
	for {
		if m, ok := meanings[base]; ok {
			m.flags = flags
			return m, nil
		}
		dot := strings.LastIndexByte(base, '.')
		if dot < 0 {
			return meaning{}, fmt.Errorf("the capture @%s means nothing", name)
		}
		flag, ok := markFlags[base[dot+1:]]
		if !ok {
			return meaning{}, fmt.Errorf("the capture @%s means nothing", name)
		}
		base, flags = base[:dot], flags|flag
	}
}

// A capture is a node that a query found.
type capture struct {
	meaning
	start, end int
}
