package lsp

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"go.lsp.dev/protocol"
)

// completion handles textDocument/completion: an item for each candidate, for clients without inline completion and for
// users who like lists. The list is incomplete, so that clients ask again as the user types.
func (s *session) completion(ctx context.Context, params *protocol.CompletionParams) (work, error) {
	snapshot, config := s.snapshot(params.TextDocument.URI), s.current.Load()
	list := &protocol.CompletionList{IsIncomplete: true, Items: []protocol.CompletionItem{}}
	return func() (any, error) {
		if snapshot == nil {
			return list, nil
		}
		h := cursor(snapshot, snapshot.Offset(params.Position))
		texts, err := s.suggest(ctx, config, h, config.several())
		if err != nil || len(texts) == 0 {
			return list, err
		}
		h, texts = s.rebase(h, texts)
		for i, text := range texts {
			item := s.completionItem(h, text)
			if i > 0 {
				// Behind the better ones, wherever the client has those among the items of others.
				item.SortText = protocol.NewOptional(fmt.Sprintf("~%d", i))
			}
			list.Items = append(list.Items, item)
		}
		return list, nil
	}, nil
}

// completionItem makes the item that puts text at a cursor. It replaces the word that the cursor is at the end of by
// that word and the text, because clients keep an item only while what it replaces is the beginning of its filterText.
func (s *session) completionItem(h hole, text string) protocol.CompletionItem {
	start := h.start - len(wordBefore(h.prefix()))
	inserted := h.snapshot.Text[start:h.start] + text
	item := protocol.CompletionItem{
		Label:            label(inserted),
		Kind:             protocol.CompletionItemKindText,
		Detail:           protocol.NewOptional("seedls"),
		FilterText:       protocol.NewOptional(inserted),
		SortText:         protocol.NewOptional("~"), // behind what other servers name
		Command:          s.accepting(listSuggestion),
		InsertTextFormat: protocol.InsertTextFormatPlainText,
		TextEdit:         &protocol.TextEdit{Range: h.snapshot.Range(start, h.end), NewText: inserted},
	}
	if strings.Contains(inserted, "\n") {
		item.Documentation = protocol.String(inserted)
	}
	if s.client.insertsAsIs {
		item.InsertTextMode = protocol.InsertTextModeAsIs
	}
	return item
}

// label returns the first line of text that has something on it.
func label(text string) string {
	first, _, more := strings.Cut(strings.TrimSpace(text), "\n")
	if first = strings.TrimSpace(first); more {
		first += " …"
	}
	return first
}

// wordBefore returns the word at the end of text.
func wordBefore(text string) string {
	start := len(text)
	for start > 0 {
		r, size := utf8.DecodeLastRuneInString(text[:start])
		if isNoWord(r) {
			break
		}
		start -= size
	}
	return text[start:]
}
