package lsp

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"seedls/lsp/document"
)

// A client is what initialize says about the other side.
type client struct {
	folders []string // paths of the workspace folders, each with a slash at its end

	resolvesCodeActions bool // asks for a code action's edit when the user has chosen it
	versionsEdits       bool // takes edits that say which version of a document they are for
	takesCodeActions    bool // of which a command is only a part
	resolvesCommands    bool // asks for a code action's command as well
	tagsCodeActions     bool // shows that a model writes what a code action does
	documentsActions    bool // has a place for what code actions do
	executesCommands    bool // runs the server's commands
	appliesEdits        bool // takes edits that the server begins
	showsProgress       bool // lets the server begin to show progress
	showsDocuments      bool // opens documents that the server names
	readsDocuments      bool // asks the server for the text of documents of the server's own
	insertsAsIs         bool // inserts completions of several lines as they are, if told
	givesConfiguration  bool // answers workspace/configuration
	registersChanges    bool // wants to be asked to report that settings changed
	followsCondition    bool // wants to be told what its status bar shows
}

// initialize handles the request that comes first.
func (s *session) initialize(ctx context.Context, req *jsonrpc2.Request) (any, error) {
	if s.phase.Load() != uninitialized {
		return nil, jsonrpc2.Errorf(jsonrpc2.InvalidRequest, "initialize a second time")
	}
	var params protocol.InitializeParams
	if err := decode(req, &params); err != nil {
		return nil, err
	}
	s.client = newClient(&params)
	encoding := protocol.PositionEncodingKindUTF16
	if general := params.Capabilities.General; general != nil {
		encoding = document.Negotiate(general.PositionEncodings)
	}
	s.documents = document.NewStore(encoding)
	s.initial = s.apply(ctx, *s.Settings, params.InitializationOptions)
	s.configure(s.initial)
	if params.ProcessID != nil {
		session := jsonrpc2.DetachContext(ctx)
		s.background.Go(func() { watchProcess(session, int(*params.ProcessID), s.leave) })
	}
	version, _ := params.ClientInfo.Version.Get()
	name := fmt.Sprintf("%.100s", strings.TrimSpace(params.ClientInfo.Name+" "+version))
	s.seat = s.board.Join(name, s.documents.Size)
	s.Logger.Info("initialize", "client", name, "encoding", encoding)
	s.phase.Store(initialized)
	return &protocol.InitializeResult{
		ServerInfo: protocol.ServerInfo{Name: "seedls", Version: protocol.NewOptional(s.Version)},
		Capabilities: protocol.ServerCapabilities{
			PositionEncoding: encoding,
			TextDocumentSync: &protocol.TextDocumentSyncOptions{
				OpenClose: new(true),
				Change:    new(protocol.TextDocumentSyncKindIncremental),
				Save:      protocol.Boolean(true),
			},
			CompletionProvider:       &protocol.CompletionOptions{},
			InlineCompletionProvider: protocol.Boolean(true),
			CodeActionProvider: &protocol.CodeActionOptions{
				CodeActionKinds: []protocol.CodeActionKind{protocol.CodeActionKindQuickFix, protocol.CodeActionKindRefactorRewrite},
				ResolveProvider: new(true),
				Documentation:   s.client.documentation(),
			},
			ExecuteCommandProvider: protocol.ExecuteCommandOptions{
				WorkDoneProgressOptions: protocol.WorkDoneProgressOptions{WorkDoneProgress: new(true)},
				Commands:                commands,
			},
			Workspace: s.client.previews(),
		},
	}, nil
}

// initialized handles the notification that the client is ready to be asked.
func (s *session) initialized(ctx context.Context) error {
	if s.Completer == nil {
		message := s.withoutModel()
		s.tell(ctx, protocol.MessageTypeError, message)
		s.show(ctx, protocol.MessageTypeError, message)
	}
	session := jsonrpc2.DetachContext(ctx)
	s.following.Do(func() {
		s.background.Go(func() { s.followConfiguration(session) })
		if s.client.followsCondition {
			s.background.Go(func() { s.followCondition(session) })
		}
	})
	return nil
}

// shutdown handles the request that comes last: nothing is admitted after it but exit.
func (s *session) shutdown() (any, error) {
	s.phase.Store(shutDown)
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, cancel := range s.running {
		cancel()
	}
	return nil, nil
}

func newClient(params *protocol.InitializeParams) client {
	var c client
	folders, _ := params.WorkspaceFolders.Get()
	for _, folder := range folders {
		c.folders = append(c.folders, strings.TrimSuffix(folder.URI.Path(), "/")+"/")
	}
	//lint:ignore SA1019 clients without workspace folders send it
	if root := params.RootURI; len(folders) == 0 && root != nil {
		c.folders = append(c.folders, strings.TrimSuffix(root.Path(), "/")+"/")
	}
	if text := params.Capabilities.TextDocument; text != nil {
		if action := text.CodeAction; action != nil {
			properties := action.ResolveSupport.Properties
			c.takesCodeActions = len(action.CodeActionLiteralSupport.CodeActionKind.ValueSet) > 0
			c.resolvesCodeActions = c.takesCodeActions && isTrue(action.DataSupport) && slices.Contains(properties, "edit")
			c.resolvesCommands = c.resolvesCodeActions && slices.Contains(properties, "command")
			c.tagsCodeActions = slices.Contains(action.TagSupport.ValueSet, protocol.CodeActionTagLLMGenerated)
			c.documentsActions = isTrue(action.DocumentationSupport)
		}
		if completion := text.Completion; completion != nil && completion.CompletionItem != nil {
			c.insertsAsIs = slices.Contains(completion.CompletionItem.InsertTextModeSupport.ValueSet, protocol.InsertTextModeAsIs)
		}
	}
	if workspace := params.Capabilities.Workspace; workspace != nil {
		c.versionsEdits = workspace.WorkspaceEdit != nil && isTrue(workspace.WorkspaceEdit.DocumentChanges)
		c.executesCommands = workspace.ExecuteCommand != nil
		c.appliesEdits = isTrue(workspace.ApplyEdit)
		c.readsDocuments = workspace.TextDocumentContent != nil
		c.givesConfiguration = isTrue(workspace.Configuration)
		c.registersChanges = workspace.DidChangeConfiguration != nil && isTrue(workspace.DidChangeConfiguration.DynamicRegistration)
	}
	if window := params.Capabilities.Window; window != nil {
		c.showsProgress = isTrue(window.WorkDoneProgress)
		c.showsDocuments = window.ShowDocument != nil && window.ShowDocument.Support
	}
	c.followsCondition = followsCondition(&params.Capabilities)
	return c
}

func isTrue(b *bool) bool { return b != nil && *b }

// relative returns the path by which the model knows a document: below the innermost workspace folder that it is in,
// or its last element.
func (c client) relative(name uri.URI) string {
	full, longest := name.Path(), ""
	for _, folder := range c.folders {
		if strings.HasPrefix(full, folder) && len(folder) > len(longest) {
			longest = folder
		}
	}
	if longest == "" {
		return path.Base(full)
	}
	return strings.TrimPrefix(full, longest)
}
