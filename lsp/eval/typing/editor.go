package typing

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"strings"
	"time"
	"unicode/utf8"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"
)

// root is the workspace folder that the server is told of. Nothing is read or written there.
const root = "/workspace"

// initialize shakes hands as an editor that can do no more than what is needed here.
func (s *server) initialize(ctx context.Context) error {
	folder := uri.File(root)
	params := &protocol.InitializeParams{
		ProcessID:  new(int32(os.Getpid())),
		ClientInfo: protocol.ClientInfo{Name: "seedls typing"},
		RootURI:    &folder,
		WorkspaceFoldersInitializeParams: protocol.WorkspaceFoldersInitializeParams{
			WorkspaceFolders: protocol.NewNullable([]protocol.WorkspaceFolder{{URI: folder, Name: path.Base(root)}}),
		},
		Capabilities: protocol.ClientCapabilities{
			General: &protocol.GeneralClientCapabilities{
				PositionEncodings: []protocol.PositionEncodingKind{protocol.PositionEncodingKindUTF16},
			},
			Workspace:    &protocol.WorkspaceClientCapabilities{Configuration: new(true), WorkspaceFolders: new(true)},
			TextDocument: &protocol.TextDocumentClientCapabilities{InlineCompletion: &protocol.InlineCompletionClientCapabilities{}},
		},
		InitializationOptions: s.settings,
	}
	var result protocol.InitializeResult
	if err := s.call(ctx, protocol.MethodInitialize, params, &result); err != nil {
		return err
	}
	if err := checkCapabilities(result.Capabilities); err != nil {
		return err
	}
	return s.notify(ctx, protocol.MethodInitialized, &protocol.InitializedParams{})
}

// checkCapabilities returns what a server lacks that is needed here.
func checkCapabilities(c protocol.ServerCapabilities) error {
	switch provider := c.InlineCompletionProvider.(type) {
	case nil:
		return errors.New("the server offers no inline completions")
	case protocol.Boolean:
		if !provider {
			return errors.New("the server offers no inline completions")
		}
	}
	var change protocol.TextDocumentSyncKind
	switch sync := c.TextDocumentSync.(type) {
	case protocol.TextDocumentSyncKind:
		change = sync
	case *protocol.TextDocumentSyncOptions:
		if sync.Change != nil {
			change = *sync.Change
		}
	}
	if change != protocol.TextDocumentSyncKindIncremental {
		return errors.New("the server takes no incremental changes")
	}
	if c.PositionEncoding != "" && c.PositionEncoding != protocol.PositionEncodingKindUTF16 {
		return fmt.Errorf("the server chose the position encoding %q, where only utf-16 was offered", c.PositionEncoding)
	}
	return nil
}

// warmUp has the server answer once, in a document like that of the passage, so that what it puts off until it is first
// needed is done.
func (s *server) warmUp(ctx context.Context, p Passage) error {
	b := &buffer{uri: uri.File(path.Join(root, "warm-up"+path.Ext(p.Path))), before: "x = "}
	if err := s.open(ctx, b, language(p.Path)); err != nil {
		return err
	}
	if _, err := s.ask(ctx, b); err != nil {
		return err
	}
	return s.close(ctx, b)
}

// typePassage types one passage, and returns how long the answer to each key took.
func (s *server) typePassage(ctx context.Context, p Passage) (Counts, []float64, error) {
	fail := func(b *buffer, err error) (Counts, []float64, error) {
		return Counts{}, nil, fmt.Errorf("%s:%d: %w", p.Path, b.cursor().Line+1, err)
	}
	b := &buffer{uri: uri.File(path.Join(root, p.Path)), before: p.Text[:p.Start], after: p.Text[p.End:]}
	if err := s.open(ctx, b, language(p.Path)); err != nil {
		return fail(b, err)
	}
	left := p.Text[p.Start:p.End]
	counts := Counts{Characters: keys(left)}
	latenciesMS := make([]float64, 0, counts.Characters)
	suggestion := ""
	for left != "" {
		text := accepted(suggestion, left)
		if text != "" {
			counts.Acceptances++
			counts.Accepted += utf8.RuneCountInString(text)
		} else {
			text = key(left)
		}
		left = left[len(text):]
		counts.Keys++
		begun := time.Now()
		if err := s.insert(ctx, b, text); err != nil {
			return fail(b, err)
		}
		var err error
		if suggestion, err = s.ask(ctx, b); err != nil {
			return fail(b, err)
		}
		latenciesMS = append(latenciesMS, float64(time.Since(begun).Microseconds())/1000)
		if strings.TrimSpace(suggestion) != "" {
			counts.Suggestions++
		}
	}
	if err := s.close(ctx, b); err != nil {
		return fail(b, err)
	}
	return counts, latenciesMS, nil
}

func (s *server) open(ctx context.Context, b *buffer, language protocol.LanguageKind) error {
	return s.notify(ctx, protocol.MethodTextDocumentDidOpen, &protocol.DidOpenTextDocumentParams{
		TextDocument: protocol.TextDocumentItem{URI: b.uri, LanguageID: language, Version: b.version, Text: b.before + b.after},
	})
}

// insert types text at the cursor.
func (s *server) insert(ctx context.Context, b *buffer, text string) error {
	cursor := b.cursor()
	b.before += text
	b.version++
	return s.notify(ctx, protocol.MethodTextDocumentDidChange, &protocol.DidChangeTextDocumentParams{
		TextDocument: protocol.VersionedTextDocumentIdentifier{
			TextDocumentIdentifier: protocol.TextDocumentIdentifier{URI: b.uri}, Version: b.version,
		},
		ContentChanges: []protocol.TextDocumentContentChangeEvent{
			&protocol.TextDocumentContentChangePartial{Range: protocol.Range{Start: cursor, End: cursor}, Text: text},
		},
	})
}

// ask returns what the server suggests at the cursor, "" for nothing.
func (s *server) ask(ctx context.Context, b *buffer) (string, error) {
	var result protocol.InlineCompletionResult
	if err := s.call(ctx, protocol.MethodTextDocumentInlineCompletion, b.question(), &result); err != nil {
		return "", err
	}
	item, ok := first(result)
	if !ok {
		return "", nil
	}
	return b.suggestion(item), nil
}

// question is what the server is asked at the cursor.
func (b *buffer) question() *protocol.InlineCompletionParams {
	return &protocol.InlineCompletionParams{
		TextDocumentPositionParams: protocol.TextDocumentPositionParams{
			TextDocument: protocol.TextDocumentIdentifier{URI: b.uri}, Position: b.cursor(),
		},
		Context: protocol.InlineCompletionContext{TriggerKind: protocol.InlineCompletionTriggerKindAutomatic},
	}
}

// first is the first item of an answer, if it has one.
func first(result protocol.InlineCompletionResult) (item protocol.InlineCompletionItem, ok bool) {
	var items []protocol.InlineCompletionItem
	switch result := result.(type) {
	case *protocol.InlineCompletionList:
		items = result.Items
	case protocol.InlineCompletionItemSlice:
		items = result
	}
	if len(items) == 0 {
		return item, false
	}
	return items[0], true
}

func (s *server) close(ctx context.Context, b *buffer) error {
	return s.notify(ctx, protocol.MethodTextDocumentDidClose, &protocol.DidCloseTextDocumentParams{
		TextDocument: protocol.TextDocumentIdentifier{URI: b.uri},
	})
}
