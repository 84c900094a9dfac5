package lsp

import (
	"context"
	"strings"

	"go.lsp.dev/protocol"

	"seedls/lsp/completion"
	"seedls/structure"
)

// maxRepairBytes is the longest region that is offered to be revised: as much as may fit a canvas.
const maxRepairBytes = 1 << 10

// repairPlace is the lines of the syntax errors on the lines of the site, or else those of what the editor says is wrong
// there.
func repairPlace(_ context.Context, _ *session, at *site) (structure.Span, bool, error) {
	text := at.snapshot.Text
	lines := wholeLines(text, at.Span)
	region, found := structure.Span{Start: len(text)}, false
	take := func(s structure.Span) {
		s = wholeLines(text, s)
		region.Start, region.End, found = min(region.Start, s.Start), max(region.End, s.End), true
	}
	for _, e := range at.tree.SyntaxErrors() {
		if e.Touches(lines.Start, lines.End) {
			take(e)
		}
	}
	if !found {
		for _, d := range at.diagnostics {
			if d.Severity > protocol.DiagnosticSeverityWarning {
				continue // a remark, no fault
			}
			start, end := at.snapshot.Offsets(d.Range)
			take(structure.Span{Start: start, End: end})
		}
	}
	region = trimmed(text, region)
	return region, found && region.Start < region.End && region.End-region.Start <= maxRepairBytes, nil
}

// writeRepair has the model revise the region, or write it anew where that mends nothing.
func writeRepair(ctx context.Context, s *session, t *task) (string, error) {
	request, err := s.revising(ctx, t)
	if err != nil {
		return "", err
	}
	result, mended, err := completion.Mend(ctx, s.complete, request)
	if err != nil || !mended {
		return "", err
	}
	return withLineEnds(result.Text, t.snapshot.Text), nil
}

// wholeLines is the span of the lines that a span touches, without the end of the last.
func wholeLines(text string, s structure.Span) structure.Span {
	s.Start = strings.LastIndexByte(text[:s.Start], '\n') + 1
	if rest := strings.IndexByte(text[s.End:], '\n'); rest >= 0 {
		s.End += rest
	} else {
		s.End = len(text)
	}
	return s
}

// trimmed is a span without the white space at its ends.
func trimmed(text string, s structure.Span) structure.Span {
	if s.Start >= s.End {
		return s
	}
	s.End = s.Start + len(strings.TrimRight(text[s.Start:s.End], " \t\r\n"))
	s.Start = s.End - len(strings.TrimLeft(text[s.Start:s.End], " \t\r\n"))
	return s
}
