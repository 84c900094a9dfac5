// Package structure looks at a buffer as source code: it says what the place
// to be filled is, and whether a text that was generated for it fits there.
//
// A buffer becomes a [Tree] with [Parse] and follows edits with [Tree.Reparse],
// which re-parses only what changed. [Tree.Hole] then describes the region to
// be replaced: its syntactic [Place], its indentation, the brackets that are
// open before it and which of those the text after it already closes.
// [Tree.Fit] takes a generated text, cuts off what does not belong into the
// hole (the block's end, closers and lines that the buffer already has), adds
// closers that the buffer lacks, and parses the rest in place, so that nothing is
// shown that breaks the buffer, or leaves it broken where another would mend it:
//
//	tree, err := structure.Parse(ctx, structure.LanguageForPath("conn.go"), text)
//	hole := tree.Hole(cursor, cursor)
//	fitted, err := tree.Fit(ctx, hole, generated)
//	if err == nil && fitted.Verdict.OK() {
//		show(fitted.Text)
//	}
//
// [Tree.Scope] says what can be named at a hole: parameters, locals, imports,
// what the file declares and, for Go, what the other files of the package do
// ([Packages]); and which names the hole owes, because they are used after it
// and nothing declares them. [Language.Role] says of a word in generated text
// whether it is declared there, has to be declared, or neither, as behind a dot:
//
//	scope, err := tree.Scope(ctx, hole, pkg)
//	role, sure := lang.Role(text, start, end)
//	if sure && role == structure.RoleUse && scope.Undeclared(text[start:end]) {
//		veto()
//	}
//
// What the nodes of a grammar mean is said by queries in the folder queries:
// declarations (scopes, and what can be declared outside of functions), locals
// (what only functions declare), references, and holes (what brackets hold).
// A file's outline, all that it declares outside of functions, is read once and
// then follows edits, so that a keystroke costs the same in a long file: what is
// parsed and queried for it is around the hole, and bounded. An edit of a long
// text has the declarations around it parsed apart: tree-sitter's own reuse takes
// time for all that follows on the top level. The whole text is parsed where an
// edit reaches further, such as an opened comment, or is made elsewhere.
//
// A buffer around a hole is seldom correct code, so nothing here needs it to
// be: brackets, strings and comments are found by a small lexer that knows
// each language's quotes, and the syntax tree, where there is one, refines the
// answer. A language without a grammar gets brackets and indentation only. The
// grammars are in C: without cgo no language has one.
//
// All offsets are bytes into the UTF-8 text of the tree. A Tree never changes
// and may be used by any number of goroutines; a parser crash in C could not
// be recovered, so text and edits are checked before they reach it.
package structure
