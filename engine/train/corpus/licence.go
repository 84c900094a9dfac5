package corpus

import (
	"regexp"
	"strings"
)

// licenceBegins is how a paragraph reads with which a licence header begins, licenceGoesOn how later ones do.
var (
	licenceBegins = regexp.MustCompile(`(?i)^(copyright\b|\(c\)|©|spdx-|@(licen[sc]e|copyright|preserve)\b|` +
		`licen[sc]ed (under|to)\b|the mit licen[sc]e|mit licen[sc]e|permission is hereby granted|permission to use, copy|redistribution and use|use of this source code|` +
		`this (source code|file|program|work|software|code) is (part of|licen[sc]ed|governed|subject|free software|distributed|available|released)|` +
		`this source code form|all rights reserved|portions (of this|copyright)|dual[- ]licen[sc]ed|apache licen[sc]e|` +
		`bsd[- ]\S*[- ]?licen[sc]e)`)
	licenceGoesOn = regexp.MustCompile(`(?i)(copyright|licen[sc]e\b|licen[sc]ed\b|redistribution|warrant(y|ies)|\bas is\b|permission|` +
		`liab(le|ility)|spdx-|provided that the following conditions|all rights reserved|damages)`)
)

// stripLicence removes licence headers from before the code. Build constraints and other directives stay, and so does a
// package's documentation, also where it follows the licence in one comment.
func stripLicence(language, text string) string {
	head, code := splitHead(language, text)
	var kept strings.Builder
	for i := 0; i < len(head); i++ {
		lines := head[i].lines
		if head[i].comment {
			lines = withoutLicence(head[i])
		}
		if len(lines) == 0 && i+1 < len(head) && !head[i+1].comment {
			i++ // the blank lines after it
		}
		for _, line := range lines {
			kept.WriteString(line)
		}
	}
	return strings.TrimLeft(kept.String()+code, "\n")
}

// withoutLicence returns the lines of a comment that are not its licence: nil if all are.
func withoutLicence(b block) []string {
	end, begun := 0, false // of the last line that belongs to the licence
	inLicence := false
	first := true // line of a paragraph
	for i, line := range b.lines {
		said := bare(line)
		switch {
		case isDirective(line):
			first = true
			continue
		case said == "" || strings.Trim(said, "-=*#/_ ") == "":
			first = true
			continue
		case !begun:
			if !licenceBegins.MatchString(said) {
				return b.lines
			}
			begun, inLicence = true, true
		case isDocumentation(said):
			return remaining(b, end)
		case first:
			inLicence = false
		}
		first = false
		if inLicence = inLicence || licenceGoesOn.MatchString(said); inLicence {
			end = i + 1
		}
	}
	if !begun {
		return b.lines
	}
	return remaining(b, end)
}

// remaining returns the directives up to line end, and what is after it.
func remaining(b block, end int) []string {
	var kept []string
	for _, line := range b.lines[:end] {
		if isDirective(line) {
			kept = append(kept, line)
		}
	}
	rest := b.lines[end:]
	for len(rest) > 0 && strings.Trim(bare(rest[0]), "-=*#/_ ") == "" && !isDirective(rest[0]) {
		rest = rest[1:]
	}
	if len(rest) > 0 && b.between {
		opener := "/*\n"
		if strings.HasPrefix(b.lines[0], "/**") {
			opener = "/**\n"
		}
		kept = append(kept, opener)
	}
	return append(kept, rest...)
}

// isDocumentation says that a line begins to tell about the package, whatever words of a licence it uses.
func isDocumentation(said string) bool {
	return strings.HasPrefix(said, "Package ") || strings.HasPrefix(said, "Command ")
}

// isDirective says that a line is for a tool, such as a build constraint.
func isDirective(line string) bool {
	line = strings.TrimSpace(line)
	for _, prefix := range []string{"//go:", "// +build", "//+build", "//line ", "#!", "# -*-", "# vim:", "// @ts-", "/// <reference"} {
		if strings.HasPrefix(line, prefix) {
			return true
		}
	}
	return false
}
