// Package corpus makes the text that a model is trained on from source trees, and reads it.
//
// [Build] walks trees, leaves out what a model should not learn from (generated, vendored, minified and test data, see
// [Reason]), strips licence headers, and keeps one of what is equal or nearly so. Files where the MD5 of repository and
// path, as a number, is a multiple of 100 are held out: they are written into a corpus of their own, and what is nearly
// equal to one of them is kept out of both. The same trees give the same bytes.
//
// A corpus is a file of documents, sorted by repository and path, which reads well in a pager:
//
//	seedls corpus 1
//	document LANGUAGE REPOSITORY-BYTES PATH-BYTES TEXT-BYTES
//	REPOSITORY
//	PATH
//	TEXT
//	...
//	end DOCUMENTS
//
// Lengths are decimal, and lines end with "\n", also after a text, whose own last line end is not that one. A [Writer]
// streams it; [Open] notes where each document is by going from header to header, and then reads any of them by its
// number. The last line tells a complete file from one that was cut off.
package corpus

import (
	"fmt"
	"strings"
)

const (
	magic = "seedls corpus 1\n"

	// MaxTextBytes of a document. Longer sources are mostly tables.
	MaxTextBytes = 256 << 10

	maxNameBytes   = 4096 // of a repository, a path or a language
	maxHeaderBytes = maxNameBytes + 128
)

// A Document is a source file of a corpus.
type Document struct {
	Repository string
	Path       string // below the repository, with slashes
	Language   string // in lower case, without spaces: "go"
	Text       string // UTF-8
}

func (d Document) check() error {
	for _, s := range []string{d.Repository, d.Path, d.Language} {
		if s == "" || len(s) > maxNameBytes {
			return fmt.Errorf("repository %.80q, path %.80q, language %.80q: want 1 to %d bytes each",
				d.Repository, d.Path, d.Language, maxNameBytes)
		}
	}
	if strings.ContainsFunc(d.Language, isSpace) {
		return fmt.Errorf("language %q: want no spaces", d.Language)
	}
	if len(d.Text) > MaxTextBytes {
		return fmt.Errorf("%s/%s has %d bytes: at most %d are stored", d.Repository, d.Path, len(d.Text), MaxTextBytes)
	}
	return nil
}

// isSpace says what no language contains: spaces and control characters.
func isSpace(r rune) bool { return r <= ' ' }
